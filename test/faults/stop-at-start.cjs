// Loaded before the program (node --require): stops the process, so that whoever started it can trace it from here on.
// What Node itself does to start is behind us then. Threads load this, too, and are not stopped.
if (require('node:worker_threads').isMainThread) process.kill(process.pid, 'SIGSTOP');
