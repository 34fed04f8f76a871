/** The least program that hashes a file with this library; measured where `bin/blobcheck` is not built. */
import { hashFile } from '../lib/digest/hash-file.js';

const [path = ''] = process.argv.slice(2);
const { digest } = await hashFile(path);
process.stdout.write(`${digest}\n`);
