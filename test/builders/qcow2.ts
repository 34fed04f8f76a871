/** The images of the tests are made by what ships: the self-test of `install` needs them on a node too. */
export * from '../../lib/sample/qcow2.js';
