/** SIGINT and SIGTERM do not kill cocoon: what it does is told to end, and ends with an error. */
export function interruption() {
  const controller = new AbortController();
  process.on('SIGINT', () => controller.abort('interrupt signal received'));
  process.on('SIGTERM', () => controller.abort('terminated signal received'));
  return controller.signal;
}
