/**
 * The system call filter of the strong level: a classic BPF program as `seccomp(2)` takes it, or
 * undefined for an architecture whose call numbers are not known here.
 *
 * A worker needs threads, memory, and the descriptors that it was born with. It gets no socket of any
 * family, no process beside its own, no look into another one and nothing that administers the machine.
 * `execve` stays: the filter is in place before Node is started.
 */
export function seccompFilter(arch: string): Buffer | undefined {
  const column = arch === 'x64' ? 0 : arch === 'arm64' ? 1 : undefined
  if (column === undefined) return undefined
  const forbidden = Object.values(forbiddenCalls).flatMap((numbers) => numbers[column] ?? [])
  return encode([
    load(offsets.arch),
    unlessEqual(auditArch[column], 1),
    give(results.kill),
    load(offsets.call),
    // The second table of numbers that x64 has.
    ...(column === 0 ? [ifAtLeast(0x40000000), give(results.kill)] : []),
    // What is newer than the list below; libraries fall back.
    ifAtLeast(firstUnknown),
    give(results.missing),
    // Its flags lie in memory, where a filter cannot look; libraries fall back to `clone`.
    ifEqual(clone3),
    give(results.missing),
    // Threads only.
    unlessEqual(clone[column], 4, false),
    load(offsets.firstArgument),
    ifAnyBit(cloneThread),
    give(results.allow),
    give(results.refused),
    ...forbidden.flatMap((number) => [ifEqual(number), give(results.refused)]),
    give(results.allow),
  ])
}

/** Numbers of one call: x64, arm64. A call that arm64 never had has one number. */
type Numbers = readonly [x64: number, arm64?: number]

/** Exported for the test that compares it with the machine's headers. */
export const forbiddenCalls: Readonly<Record<string, Numbers>> = {
  // Sockets.
  ...{ socket: [41, 198], socketpair: [53, 199], connect: [42, 203], bind: [49, 200] },
  ...{ listen: [50, 201], accept: [43, 202], accept4: [288, 242], sendto: [44, 206] },
  ...{ sendmsg: [46, 211], sendmmsg: [307, 269], recvmmsg: [299, 243] },
  // Other processes.
  ...{ fork: [57], vfork: [58], execveat: [322, 281], ptrace: [101, 117], kcmp: [312, 272] },
  ...{ process_vm_readv: [310, 270], process_vm_writev: [311, 271], pidfd_open: [434, 434] },
  ...{ process_madvise: [440, 440], process_mrelease: [448, 448], pidfd_getfd: [438, 438] },
  ...{ pidfd_send_signal: [424, 424], setpriority: [141, 140], ioprio_set: [251, 30] },
  ...{ sched_setscheduler: [144, 119], sched_setparam: [142, 118], sched_setattr: [314, 274] },
  ...{ msgget: [68, 186], semget: [64, 190], shmget: [29, 194], mq_open: [240, 180] },
  // Parts of the kernel that had many holes.
  ...{ io_uring_setup: [425, 425], io_uring_enter: [426, 426], io_uring_register: [427, 427] },
  ...{ io_setup: [206, 0], io_submit: [209, 2], bpf: [321, 280], perf_event_open: [298, 241] },
  ...{ userfaultfd: [323, 282], add_key: [248, 217], request_key: [249, 218], keyctl: [250, 219] },
  ...{ memfd_create: [319, 279], memfd_secret: [447, 447], personality: [135, 92] },
  ...{ modify_ldt: [154], uselib: [134], lookup_dcookie: [212, 18] },
  // Namespaces and mounts.
  ...{ unshare: [272, 97], setns: [308, 268], mount: [165, 40], umount2: [166, 39] },
  ...{ pivot_root: [155, 41], chroot: [161, 51], move_mount: [429, 429], open_tree: [428, 428] },
  ...{ fsopen: [430, 430], fsconfig: [431, 431], fsmount: [432, 432], fspick: [433, 433] },
  ...{ mount_setattr: [442, 442], name_to_handle_at: [303, 264], open_by_handle_at: [304, 265] },
  ...{ fanotify_init: [300, 262], mknod: [133], mknodat: [259, 33] },
  // The machine.
  ...{ init_module: [175, 105], finit_module: [313, 273], delete_module: [176, 106] },
  ...{ kexec_load: [246, 104], kexec_file_load: [320, 294], reboot: [169, 142], acct: [163, 89] },
  ...{ swapon: [167, 224], swapoff: [168, 225], quotactl: [179, 60], quotactl_fd: [443, 443] },
  ...{ settimeofday: [164, 170], clock_settime: [227, 112], clock_adjtime: [305, 266] },
  ...{ adjtimex: [159, 171], syslog: [103, 116], sethostname: [170, 161] },
  ...{ setdomainname: [171, 162], iopl: [172], ioperm: [173], vhangup: [153, 58] },
}

const clone3 = 435
const clone = [56, 220] as const
const cloneThread = 0x00010000
/** Numbers from 424 on are the same everywhere; nothing above this one is needed. */
const firstUnknown = 451
const auditArch = [0xc000003e, 0xc00000b7] as const

/** Where the kernel's record for the filter has its fields. */
const offsets = { call: 0, arch: 4, firstArgument: 16 } as const

/** Kill the process; EPERM; ENOSYS; go on. */
const results = {
  kill: 0x80000000,
  refused: 0x00050001,
  missing: 0x00050026,
  allow: 0x7fff0000,
} as const

type Instruction = { code: number; yes: number; no: number; value: number }

const load = (offset: number): Instruction => ({ code: 0x20, yes: 0, no: 0, value: offset })
const give = (result: number): Instruction => ({ code: 0x06, yes: 0, no: 0, value: result })
/** Each of these takes the next instruction when it holds and leaves it out when not. */
const ifEqual = (value: number): Instruction => ({ code: 0x15, yes: 0, no: 1, value })
const ifAtLeast = (value: number): Instruction => ({ code: 0x35, yes: 0, no: 1, value })
const ifAnyBit = (value: number): Instruction => ({ code: 0x45, yes: 0, no: 1, value })
/** Leaves out `skip` instructions when equal; with `false`, when not equal. */
const unlessEqual = (value: number, skip: number, equal = true): Instruction =>
  equal ? { code: 0x15, yes: skip, no: 0, value } : { code: 0x15, yes: 0, no: skip, value }

function encode(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8)
  program.forEach(({ code, yes, no, value }, index) => {
    bytes.writeUInt16LE(code, index * 8)
    bytes.writeUInt8(yes, index * 8 + 2)
    bytes.writeUInt8(no, index * 8 + 3)
    bytes.writeUInt32LE(value, index * 8 + 4)
  })
  return bytes
}
