export function writeDocuments(_: unknown): void {}
