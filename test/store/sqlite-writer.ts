import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Another process that has the database open, as a running cocoon has. */
export interface Writer {
  /** Runs SQL and waits until it has run. */
  run(sql: string): Promise<void>;
  /** kill -9: neither the transaction nor the log is ended. */
  kill(): Promise<void>;
  /** Ends as cocoon does: the last to close folds the log into the database and removes it. */
  end(): Promise<void>;
}

export function startWriter(database: string): Writer {
  const child = spawn('sqlite3', ['-bail', database], { stdio: ['pipe', 'pipe', 'pipe'] });
  const gone = once(child, 'close');
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  return {
    async run(sql) {
      child.stdin.write(`${sql};\n.print done\n`);
      for (let output = ''; !output.includes('done'); ) {
        const [event] = await Promise.race([once(child.stdout, 'data'), gone.then(() => [null])]);
        if (event === null) throw new Error(`sqlite3: ${errors}`);
        output += String(event);
      }
    },
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
    async end() {
      child.stdin.end('.quit\n');
      await gone;
    },
  };
}
