/** Columns as Go's tabwriter sets them: two spaces between, and none behind the last. */
export function table(rows) {
  const width = (column) => Math.max(...rows.map((row) => row[column].length));
  const widths = rows[0].map((_, column) => width(column));
  const line = (row) => row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] + 2))).join('');
  return rows.map((row) => `${line(row)}\n`).join('');
}

/** `2006-01-02 15:04:05`, local time. */
export function dateTime(rfc3339) {
  const date = new Date(rfc3339);
  const two = (number) => String(number).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
