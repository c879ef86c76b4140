// The README, and docs/agents.md after it, are executable: each ```sh block that follows the comment
// <!-- test --> is run, in order, in one shell, against a fresh `taskgate dev`. `<!-- test: TEXT -->`
// asks besides that the block's output holds TEXT. The address 127.0.0.1:8080 (or localhost:8080) stands for the server.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Skip, runTest } from './lib/test.mjs';

/** [{line, expected, code}] of a Markdown text. */
export function testBlocks(markdown) {
  const blocks = [];
  const lines = markdown.split(/\r?\n/);
  let mark;  // the comment that waits for its block
  for (let index = 0; index < lines.length; index += 1) {
    const comment = lines[index].match(/^\s*<!--\s*test(?::\s*(.*?))?\s*-->\s*$/);
    const fence = lines[index].match(/^(\s*)(`{3,}|~{3,})\s*(\S*)/);
    if (comment) {
      assert.ok(!mark, `line ${index + 1}: a second test comment before a block`);
      mark = { expected: comment[1] };
    } else if (fence) {
      const [, indent, ticks, language] = fence;
      const start = index + 1;
      const isEnd = (line) => line.trim().startsWith(ticks) && /^[`~]+$/.test(line.trim());
      do index += 1; while (index < lines.length && !isEnd(lines[index]));
      assert.ok(index < lines.length, `line ${start}: the block is not closed`);
      if (mark) {
        assert.match(language, /^(sh|bash|shell|console)$/, `line ${start}: not a shell block`);
        const code = lines.slice(start, index)
          .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
          .map((line) => (language === 'console' ? consoleCommand(line) : line));
        blocks.push({ ...mark, line: start, code: code.filter((line) => line !== undefined)
          .join('\n') });
      }
      mark = undefined;
    } else if (lines[index].trim() !== '' && mark) {
      assert.fail(`line ${index + 1}: text between a test comment and its block`);
    }
  }
  assert.ok(!mark, 'a test comment without a block');
  return blocks;
}

// Of a console transcript only the lines behind a prompt are commands.
function consoleCommand(line) {
  return line.startsWith('$ ') ? line.slice(2) : undefined;
}

function checkExtractor() {
  const text = ['<!-- test -->', '', '```sh', 'echo 1', '```', '```sh', 'echo no', '```',
    '  <!-- test: two words -->', '  ```bash', '  echo 2', '  ```', '```', '<!-- test -->', '```',
    '<!-- test -->', '~~~console', '$ echo 3', '3', '~~~'].join('\n');
  assert.deepEqual(testBlocks(text).map(({ expected, code }) => [expected, code]),
                   [[undefined, 'echo 1'], ['two words', 'echo 2'], [undefined, 'echo 3']]);
  assert.throws(() => testBlocks('<!-- test -->\ntext\n```sh\n```'), /text between/);
  assert.throws(() => testBlocks('<!-- test -->\n```json\n{}\n```'), /not a shell block/);
  assert.throws(() => testBlocks('```sh\necho'), /not closed/);
}

await runTest({ deadlineMs: 180_000 }, async ({ gateway, scratch, binary }) => {
  checkExtractor();
  const here = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
  const pages = process.env.TASKGATE_README ? [process.env.TASKGATE_README]
    : ['README.md', 'docs/agents.md'].map((name) => path.join(here, '../..', name));
  const blocks = pages.filter((page) => fs.existsSync(page)).flatMap((page) =>
    testBlocks(fs.readFileSync(page, 'utf8'))
      .map((block) => ({ ...block, place: `${path.basename(page)} line ${block.line}` })));
  if (blocks.length === 0) throw new Skip('no page has a block marked <!-- test -->');
  if (spawnSync('curl', ['--version']).error) {
    throw new Skip('curl is not installed; config/quickstart.sh run installs it');
  }
  // Between the outputs of two blocks; what a block prints need not end in a newline.
  const mark = `@@${process.pid}-${Date.now()}@@`;
  const script = blocks.map(({ code }) =>
    `echo '${mark}'\n${code.replace(/\b(localhost|127\.0\.0\.1):8080\b/g,
                                  new URL(gateway.base).host)}`);
  const run = spawnSync('sh', ['-eu', '-c', script.join('\n')], {
    cwd: scratch, encoding: 'utf8', timeout: 150_000,
    env: { ...process.env, BASE: gateway.base,
           PATH: `${path.dirname(path.resolve(binary))}:${process.env.PATH}` },
  });
  const outputs = run.stdout.split(`${mark}\n`).slice(1);
  const where = blocks[Math.max(0, outputs.length - 1)].place;
  assert.equal(run.status, 0, `${where}: the block failed (${run.signal ?? ''}` +
               `${run.status})\n${outputs.at(-1)}\n${run.stderr}`);
  blocks.forEach(({ expected, place }, index) => {
    assert.ok(!expected || outputs[index].includes(expected),
              `${place}: no ${JSON.stringify(expected)} in\n${outputs[index]}`);
  });
  return `${blocks.length} blocks of ${pages.map((page) => path.basename(page)).join(', ')}`;
});
