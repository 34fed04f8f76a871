/**
 * Calls cocoon as vk-cocoon does: the program that VK_COCOON_BIN names, these arguments, stdout as one JSON document, and on
 * failure an error whose message is what stands in the pod's event.
 */
import { spawn } from 'node:child_process';
import { kubernetesBytes } from './kubernetes-quantity.js';

export interface VkSettings {
  /** The environment of vk-cocoon, which cocoon inherits: VK_COCOON_BIN, COCOON_ROOT_DIR, … */
  readonly env: NodeJS.ProcessEnv;
  /** As vk-cocoon does by default on a node; off here. */
  readonly sudo?: boolean;
}

interface Resources {
  readonly cpu?: number;
  /** As in a pod: `4Gi`. */
  readonly memory?: string;
  readonly storage?: string;
  readonly network?: string;
  readonly nics?: number;
  readonly dns?: readonly string[];
  readonly backend?: 'cloud-hypervisor' | 'firecracker';
  readonly noDirectIo?: boolean;
}

export interface VkCloneOptions extends Resources {
  readonly from: string;
  readonly to?: string;
  readonly pull?: boolean;
  readonly onDemand?: boolean;
}

export interface VkRunOptions extends Resources {
  readonly image: string;
  readonly name?: string;
  readonly os?: 'linux' | 'windows';
  /** The pod wants the image pulled again. */
  readonly force?: boolean;
}

export interface VkVm {
  readonly id: string;
  readonly name: string;
  readonly hypervisor: string;
  readonly state: string;
  readonly pid: number;
}

export interface VkCocoon {
  clone(options: VkCloneOptions): Promise<VkVm>;
  run(options: VkRunOptions): Promise<VkVm>;
  ensureImage(image: string, force?: boolean): Promise<void>;
  inspect(ref: string): Promise<VkVm>;
  remove(id: string): Promise<void>;
  snapshot(name: string): Promise<{ readonly name: string; readonly image: string }>;
  /** What a pod of mode `clone` leads to: the snapshot is looked up, and a base that it names is to be pulled. */
  createClonedPod(options: { readonly snapshot: string; readonly vmName: string } & Resources): Promise<VkVm>;
  /** What a pod of mode `run` leads to. */
  createRunPod(options: VkRunOptions & { readonly name: string }): Promise<VkVm>;
}

export function vkCocoon(settings: VkSettings): VkCocoon {
  const call = (args: readonly string[]) => execute(settings, args);
  const json = async (args: readonly string[]): Promise<string> => {
    const { failure, stdout, stderr } = await call(args);
    if (failure !== null) throw new Error(`${failure} (stderr: ${stderr.trim()})`);
    return stdout;
  };
  const quietly = async (operation: string, ref: string, args: readonly string[]): Promise<void> => {
    const { failure, output } = await call(args);
    if (failure !== null) throw new Error(`cocoon ${operation} ${ref}: ${failure} (output: ${output.trim()})`);
  };
  const vmFrom = (operation: string, name: string | undefined, args: readonly string[]): Promise<VkVm> => {
    return within(`cocoon ${operation}`, async () => parseVm(await json(args))).then((vm) => {
      if (vm.id === '') throw new Error(`cocoon ${operation} ${name ?? ''}: empty VM record in JSON payload`);
      return vm;
    });
  };

  const vk: VkCocoon = {
    clone: (options) => vmFrom('vm clone', options.to, cloneArgs(options)),
    ensureImage: async (image, force = false) => {
      if (image === '') return;
      await quietly('image pull', image, ['image', 'pull', ...(force ? ['--force'] : []), image]);
    },
    run: async (options) => {
      await within(`ensure image ${options.image}`, () => vk.ensureImage(options.image, options.force));
      const vm = await vmFrom('vm run', options.name, runArgs(options));
      return vm.state === 'running' && vm.pid !== 0 ? vm : await vk.inspect(vm.id);
    },
    inspect: (ref) => within(`cocoon vm inspect ${ref}`, async () => parseVm(await json(['vm', 'inspect', ref]))),
    remove: (id) => quietly('vm rm', id, ['vm', 'rm', '--force', id]),
    snapshot: (name) =>
      within(`cocoon snapshot inspect ${name}`, async () => {
        const { image = '', ...record } = JSON.parse(await json(['snapshot', 'inspect', name]));
        return { ...record, image };
      }),
    createClonedPod: async ({ snapshot, vmName, ...resources }) => {
      // A snapshot that is not there would be fetched from a registry; without one vk-cocoon goes on to the clone.
      const image = await vk.snapshot(snapshot).then(
        (found) => found.image,
        () => '',
      );
      const options = { ...resources, from: snapshot, to: vmName, pull: image !== '', onDemand: true };
      return await within(`clone vm ${vmName} from ${snapshot}`, () => vk.clone(options));
    },
    createRunPod: (options) => within(`run vm ${options.name}`, () => vk.run(options)),
  };
  return vk;
}

export function cloneArgs(options: VkCloneOptions): string[] {
  const onFirecracker = options.backend === 'firecracker';
  const { cpu: _cpu, memory: _memory, ...fixed } = options;
  return [
    ...['vm', 'clone', '--output', 'json', ...given('--name', options.to)],
    ...resourceArgs(onFirecracker ? fixed : options),
    ...(options.noDirectIo ? ['--no-direct-io'] : []),
    ...(options.pull ? ['--pull'] : []),
    ...(options.onDemand && !onFirecracker ? ['--on-demand'] : []),
    options.from,
  ];
}

export function runArgs(options: VkRunOptions): string[] {
  return [
    ...['vm', 'run', '--output', 'json', ...given('--name', options.name)],
    ...resourceArgs(options),
    ...(options.os === 'windows' ? ['--windows'] : []),
    ...(options.backend === 'firecracker' ? ['--fc'] : []),
    ...(options.noDirectIo ? ['--no-direct-io'] : []),
    options.image,
  ];
}

function resourceArgs({ cpu = 0, memory, storage, network, nics = 0, dns = [] }: Resources): string[] {
  return [
    ...(cpu > 0 ? ['--cpu', String(cpu)] : []),
    ...given('--memory', kubernetesBytes(memory)),
    ...given('--storage', kubernetesBytes(storage)),
    ...given('--network', network),
    ...(nics > 0 ? ['--nics', String(nics)] : []),
    ...(dns.length > 0 ? ['--dns', dns.join(',')] : []),
  ];
}

function given(flag: string, value: string | undefined): string[] {
  return value === undefined || value === '' ? [] : [flag, value];
}

async function within<T>(context: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Error(`${context}: ${error instanceof Error ? error.message : error}`);
  }
}

/** Whatever else stands on stdout, be it one line, makes this fail. */
function parseVm(text: string): VkVm {
  let document: Record<string, unknown> & { config?: { name?: string } };
  try {
    document = JSON.parse(text);
  } catch {
    const [first] = text.trim();
    const reason = first === undefined ? 'unexpected end of JSON input' : `invalid character '${first}'`;
    throw new Error(`decode inspect: ${reason}`);
  }
  const { id = '', hypervisor = '', state = '', pid = 0 } = document as Partial<VkVm>;
  return { id, hypervisor, state, pid, name: document.config?.name ?? '' };
}

interface Executed {
  /** How it failed, in the words of Go. */
  readonly failure: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both, as they came. */
  readonly output: string;
}

function execute({ env, sudo = false }: VkSettings, args: readonly string[]): Promise<Executed> {
  const binary = env.VK_COCOON_BIN || '/usr/local/bin/cocoon';
  const [program, words] = sudo ? ['sudo', [binary, ...args]] : [binary, [...args]];
  return new Promise((resolve) => {
    const child = spawn(program, words, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr, output] = ['', '', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      output += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      output += chunk.toString();
    });
    const end = (failure: string | null) => resolve({ failure, stdout, stderr, output });
    child.on('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'ENOENT' ? 'no such file or directory' : 'permission denied';
      end(`fork/exec ${program}: ${reason}`);
    });
    child.on('close', (status, signal) => {
      if (signal !== null) end(`signal: ${signal === 'SIGKILL' ? 'killed' : signal}`);
      else end(status === 0 ? null : `exit status ${status}`);
    });
  });
}
