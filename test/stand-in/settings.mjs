/** cocoon's settings as viper finds them: flag, then environment, then configuration file, then default. */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { extname } from 'node:path';
import { Failure, pathError } from './failure.mjs';
import { parseGoJson } from './json.mjs';
import { isLevel } from './log.mjs';

const defaults = {
  root_dir: '/var/lib/cocoon',
  run_dir: '/var/lib/cocoon/run',
  log_dir: '/var/log/cocoon',
  ch_binary: 'cloud-hypervisor',
  fc_binary: 'firecracker',
  cni_conf_dir: '/etc/cni/net.d',
  cni_bin_dir: '/opt/cni/bin',
  dns: '8.8.8.8,1.1.1.1',
  stop_timeout_seconds: 30,
  'log.level': 'info',
};

const flagOf = (key) => (key === 'log.level' ? 'log-level' : key.replaceAll('_', '-'));

export async function resolveSettings(flags, changed, env) {
  const file = flags.config === '' ? {} : await readConfig(flags.config);
  const value = (key) => {
    if (changed.has(flagOf(key))) return flags[flagOf(key)];
    return env[`COCOON_${key.toUpperCase()}`] || (file[key] ?? defaults[key]);
  };
  const text = (key) => asText(key, value(key));
  const conf = {
    rootDir: text('root_dir'),
    runDir: text('run_dir'),
    logDir: text('log_dir'),
    chBinary: text('ch_binary'),
    cniConfDir: text('cni_conf_dir'),
    dns: text('dns'),
    stopTimeout: asInteger('stop_timeout_seconds', value('stop_timeout_seconds')),
    logLevel: text('log.level'),
  };
  validate(conf);
  return conf;
}

function validate(conf) {
  for (const [key, name] of Object.entries({ rootDir: 'root_dir', runDir: 'run_dir', logDir: 'log_dir' })) {
    if (conf[key] === '') throw new Failure(`config: ${name} must not be empty`);
  }
  if (conf.stopTimeout <= 0) throw new Failure(`config: stop_timeout_seconds must be > 0, got ${conf.stopTimeout}`);
  for (const server of conf.dns.split(/[,;]/).map((word) => word.trim())) {
    if (server !== '' && isIP(server) === 0) {
      throw new Failure(`config: dns: invalid DNS server address ${JSON.stringify(server)}`);
    }
  }
  if (!isLevel(conf.logLevel)) throw new Failure(`Unknown Level String: '${conf.logLevel}', defaulting to NoLevel`);
}

async function readConfig(path) {
  const ending = extname(path).slice(1);
  const parse = { json: parseJson, yaml: parseYaml, yml: parseYaml, toml: parseToml }[ending];
  const known = ['json', 'toml', 'yaml', 'yml', 'properties', 'props', 'prop', 'hcl', 'tfvars', 'dotenv', 'env', 'ini'];
  if (!known.includes(ending)) throw new Failure(`read config: Unsupported Config Type ${JSON.stringify(ending)}`);
  let bytes;
  try {
    bytes = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Failure(`read config: ${pathError('open', path, error).message}`);
  }
  if (parse === undefined) throw new Failure('read config: While parsing config: decoder not found for this format');
  let document;
  try {
    document = await parse(bytes);
  } catch (error) {
    throw new Failure(`read config: While parsing config: ${error.message}`);
  }
  return foldKeys(document ?? {}, '');
}

const parseJson = (bytes) => {
  const document = parseGoJson(bytes);
  if (!Array.isArray(document)) return document;
  throw new Failure('json: cannot unmarshal array into Go value of type map[string]interface {}');
};
const parseYaml = async (bytes) => (await import('yaml')).parse(bytes);
const parseToml = async (bytes) => (await import('smol-toml')).parse(bytes);

/** Keys without case, and those of a table inside with a dot: `log.level`. */
function foldKeys(document, prefix) {
  const folded = {};
  for (const [key, value] of Object.entries(document)) {
    const name = `${prefix}${key.toLowerCase()}`;
    const isTable = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (isTable) Object.assign(folded, foldKeys(value, `${name}.`));
    else folded[name] = value;
  }
  return folded;
}

function asText(key, value) {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? '1' : '0';
  throw undecodable(`'${key}' expected type 'string', got unconvertible type '[]interface {}'`);
}

function asInteger(key, value) {
  const number = Number(value);
  if (Number.isInteger(number) && value !== '') return number;
  throw undecodable(`'${key}' cannot parse value as 'int': strconv.ParseInt: invalid syntax`);
}

function undecodable(reason) {
  return new Failure(`parse config: decoding failed due to the following error(s):\n\n${reason}`);
}
