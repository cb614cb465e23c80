import { oneLine } from '../../drivers/gate';

it('what a control plane says is cut, and never in the middle of a character', () => {
  const said = oneLine(`${'x'.repeat(499)}😀\nmore`);
  expect(said.length).toBeLessThanOrEqual(500);
  // Half of a pair comes back as another character.
  expect(Buffer.from(said).toString()).toBe(said);
});
