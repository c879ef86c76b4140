// Processes that must not outlive the test, however it ends.

import { spawn } from 'node:child_process';

const children = new Set();
process.on('exit', () => { for (const child of children) child.kill('SIGKILL'); });

/** Like spawn; adds `exited`, a promise of {code, signal}. */
export function spawnChild(program, args, options) {
  const child = spawn(program, args, options);
  children.add(child);
  child.exited = new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      children.delete(child);
      resolve({ code, signal });
    });
    child.on('error', (error) => {
      children.delete(child);
      resolve({ code: null, signal: null, error });
    });
  });
  return child;
}
