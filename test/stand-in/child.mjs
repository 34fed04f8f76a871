/** Runs a program to its end and says how it ended in the words of Go. */
import { spawn } from 'node:child_process';

export function spawnProgram(program, args, signal) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], signal, killSignal: 'SIGKILL' });
    let [stdout, output] = ['', ''];
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
      output += chunk;
    });
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => {
      if (error.code !== 'ENOENT') return;
      resolve({ status: `exec: "${program}": executable file not found in $PATH`, stdout, output });
    });
    child.on('close', (code, killed) => {
      const status = killed === null ? `exit status ${code}` : `signal: ${killed === 'SIGKILL' ? 'killed' : killed}`;
      resolve({ status, stdout, output: output.trim() });
    });
  });
}
