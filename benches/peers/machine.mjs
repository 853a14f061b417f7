// The machine: one core for who is measured, another for who asks; rates, costs, medians.
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** `command` on one core; `SERVER` and `LOAD` are different ones, where there are two. */
export const [SERVER, LOAD, BOTH] = ['0', '1', '0,1'];
const isPinned = os.cpus().length > 1;
export const pinned = (core, ...command) =>
  isPinned ? ['taskset', '-c', core, ...command] : command;

/** What a command prints. */
export const output = async (command, args = [], options = {}) =>
  (await exec(command, args, { maxBuffer: 1 << 28, ...options })).stdout.trim();

/** Whether the machine has a command. */
export const has = (command) =>
  process.env.PATH.split(':').some((folder) => fs.existsSync(path.join(folder, command)));

/** What a run was made on. */
export const about = async () => ({
  cores: os.cpus().length,
  processor: os.cpus()[0].model,
  system: `${os.type()} ${os.release()}`,
  rustc: await output('rustc', ['--version']),
  node: process.version,
});

/** CPU time that processes have taken, in microseconds, by their threads' own accounts. */
export const cpuMicros = (pids) => cpuTimes(pids).all;

/** The same, and `own`, which is the part outside of the kernel. */
export function cpuTimes(pids) {
  const times = { all: 0, own: 0 };
  for (const pid of pids) {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [utime, stime] = fields.slice(11, 13).map((ticks) => Number(ticks) * MICROS_A_TICK);
    times.all += utime + stime;
    times.own += utime;
  }
  return times;
}

/**
 * One slice of load by `wrk`: requests a second, and CPU microseconds of `pids` for each,
 * in all and outside of the kernel. Every answer has to have the status that is expected.
 */
export async function slice({ url, pids, headers = {}, script, status = 200, on = LOAD }, seconds) {
  const fields = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const [file, ...args] = script ?? [];
  const lua = file ? ['-s', path.join(import.meta.dirname, file)] : [];
  const [wrk, ...rest] = pinned(
    ...[on, 'wrk', '-t1', '-c32', `-d${seconds}s`, ...lua, ...fields, url, '--', ...args],
  );
  const before = cpuTimes(pids);
  const report = await output(wrk, rest.map(String));
  const after = cpuTimes(pids);
  const number = (pattern) => Number(pattern.exec(report)?.[1] ?? 0);
  const requests = number(/(\d+) requests in/);
  const others = number(/Non-2xx or 3xx responses: (\d+)/);
  const isAsExpected = status < 400 ? others === 0 : others === requests;
  if (!requests || !isAsExpected || /Socket errors/.test(report)) {
    throw new Error(`${url} did not answer ${status} throughout:\n${report}`);
  }
  return {
    rate: number(/Requests\/sec:\s+([\d.]+)/),
    cpu: (after.all - before.all) / requests,
    own: (after.own - before.own) / requests,
  };
}

/**
 * Measures `cells` (by name) in turn, so many rounds, so that all of them meet the same
 * machine: A B, then B A, and so on. Returns the slices of each one, by name. A cell may have
 * a `load` in place of `slice`.
 */
export async function rounds(cells, count, seconds) {
  const slices = Object.fromEntries(Object.keys(cells).map((name) => [name, []]));
  // Once before: compilers that learn, caches that fill.
  for (const cell of Object.values(cells)) await (cell.load ?? slice)(cell, 1);
  for (let round = 1; round <= count; round += 1) {
    const all = Object.entries(cells);
    for (const [name, cell] of round % 2 ? all : all.toReversed()) {
      slices[name].push(await (cell.load ?? slice)(cell, seconds));
    }
    console.error(`round ${round} of ${count}`);
  }
  return slices;
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

/**
 * Medians of slices: the rate, the spread of rates, CPU for each call, how many calls the CPU of
 * one of `reference` would pay for, and the rate relative to that of `reference`. Rates are also
 * those of `wrk` and of other processes on the machine.
 */
export function summary(slices, reference = slices) {
  const rates = slices.map(({ rate }) => rate);
  return {
    rate: Math.round(median(rates)),
    spread: rounded((Math.max(...rates) - Math.min(...rates)) / median(rates)),
    cpu_us: rounded(median(slices.map(({ cpu }) => cpu))),
    own_us: rounded(median(slices.map(({ own = NaN }) => own))),
    ratio: rounded(median(slices.map(({ cpu }, round) => reference[round].cpu / cpu))),
    rate_ratio: rounded(median(slices.map(({ rate }, round) => rate / reference[round].rate))),
  };
}

export const rounded = (value) => Number(value.toFixed(3));

// USER_HZ, which is 100 on every Linux that Node runs on.
const MICROS_A_TICK = 10_000;
