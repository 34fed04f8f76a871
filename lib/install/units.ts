/** A service that runs cocoon, and how it lets itself be led to another program. */
export interface CocoonUnit {
  readonly name: string;
  /** Names the program that it runs for cocoon. */
  readonly variable: string;
  /** Whether it runs it through sudo, whoever it is itself. */
  readonly throughSudo: boolean;
}

export const vkCocoon: CocoonUnit = {
  name: 'vk-cocoon.service',
  variable: 'VK_COCOON_BIN',
  throughSudo: true,
};

/** Every unit that is known to run cocoon. */
export const cocoonUnits: readonly CocoonUnit[] = [
  vkCocoon,
  { name: 'epoch-server.service', variable: 'EPOCH_COCOON_BINARY', throughSudo: false },
  { name: 'epoch.service', variable: 'EPOCH_COCOON_BINARY', throughSudo: false },
];

/** Every variable that names the program to run for cocoon. */
export const programVariables: readonly string[] = [...new Set(cocoonUnits.map(({ variable }) => variable))];
