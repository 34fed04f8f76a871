/** Options that every command takes, before or after its name, as cocoon takes its own. */
export interface GlobalOptions {
  readonly rootDir?: string;
  readonly runDir?: string;
  readonly config?: string;
  readonly stateDir?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}
