/** How much is measured: all of it in one place, so that `--quick` is quick everywhere. */
export interface Size {
  rounds: number;
  /** Of each arm in each round. */
  seconds: number;
  /** M7: instances that are ended together. */
  items: number;
  /** M8: how often each is killed. */
  kills: number;
  /** M10: deadlines that come while no worker is there. */
  timers: number;
  /** M11: instances that sleep, first and then. */
  sleepers: [few: number, many: number];
  /** M12: instances whose lists are read. */
  listed: number;
}

export const FULL: Size = {
  rounds: 5,
  seconds: 20,
  items: 10_000,
  kills: 5,
  timers: 2000,
  sleepers: [5000, 20_000],
  listed: 1_000_000,
};

/** Whether it works, not how fast it is. */
export const QUICK: Size = {
  rounds: 2,
  seconds: 4,
  items: 200,
  kills: 1,
  timers: 100,
  sleepers: [200, 400],
  listed: 20_000,
};
