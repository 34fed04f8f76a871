/** Interfaces that lead nowhere: the stand-in asks no CNI plugin and makes no device. */
import { randomBytes } from 'node:crypto';
import { Failure } from './failure.mjs';

export function networksFor(id, flags, config, least) {
  const count = flags.nics || least;
  if (count < least) throw new Failure(`--nics ${flags.nics} below snapshot minimum ${least}`);
  return Array.from({ length: count }, (_, at) => networkOf(id, at, config));
}

function networkOf(id, at, config) {
  const tap = `tap${id.slice(0, 8).toLowerCase()}-${at}`;
  const mac = ['02', ...[...randomBytes(5)].map((byte) => byte.toString(16).padStart(2, '0'))].join(':');
  const queues = { num_queues: config.cpu * 2, queue_size: config.queue_size || 512 };
  const address = { ip: `10.88.0.${2 + at}`, gateway: '10.88.0.1', prefix: 16 };
  return { tap, mac, ...queues, backend: 'cni', netns_path: `/var/run/netns/cocoon-${id}`, network: address };
}
