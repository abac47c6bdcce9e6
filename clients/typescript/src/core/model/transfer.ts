/** How bytes get from one machine to the other: over a connection to who has them, over one that they opened, or by a relay. */
export type TransferPath = 'direct' | 'reverse' | 'relayed';

/** What a process tells its own user of itself. */
export interface ProcessStatus {
  /** `share`: until it is stopped; `get`: while it downloads. */
  kind: 'share' | 'get';
  /** Its number at the operating system. */
  pid: number;
  startTime: Date;
  /** The index, `HOST:PORT`; of several replicas, with commas between; empty: none is used. */
  index: string;
  /** What it serves; undefined: nothing. */
  share: ShareStatus | undefined;
}

/** What a process serves to others. */
export interface ShareStatus {
  /** 64 lower-case hex digits. */
  peerId: string;
  /** For people. */
  name: string;
  /** `HOST:PORT`. */
  address: string;
  fileCount: number;
  folderCount: number;
  totalSizeBytes: number;
  /** Whether it has a lease at the index. */
  isJoined: boolean;
  /** How many calls for files are being served, and how many may be at once. */
  openDownloads: number;
  maxDownloads: number;
  /** How many bytes of files a second leave at the most, all together; undefined: no bound. */
  maxUploadBytesPerSecond: number | undefined;
  /** To how many callers something is being uploaded. */
  callerCount: number;
}

/** A transfer under way. */
export interface Transfer {
  /** Names it on this machine: the process's number, `-d` for a download or `-u` for an upload, and a number. */
  id: string;
  direction: 'download' | 'upload';
  /** Empty for an upload of many small files by one call; so is the digest then, and the size is 0. */
  name: string;
  digest: string;
  /** Of a folder, of its files together. */
  sizeBytes: number;
  /** As in `DownloadProgress`; of an upload `transferring`, or `idle` when the last call has ended and none has come yet. */
  phase: 'checking' | 'copying' | 'transferring' | 'waiting' | 'finishing' | 'idle';
  startTime: Date;
  /** Of a download, verified and on the disk; while checking, hashed. Of an upload, sent. */
  doneBytes: number;
  /** How many bytes went over the network in this run, verified or not. */
  networkBytes: number;
  resumedBytes: number;
  copiedBytes: number;
  /** Over the last seconds; undefined: not known yet. */
  bytesPerSecond: number | undefined;
  /** The process's bound on all such transfers together; undefined: there is none. */
  maxBytesPerSecond: number | undefined;
  /** Of a folder that is downloaded; undefined: it is a file. */
  folder: { fileCount: number; doneCount: number } | undefined;
  /** Of a download. */
  sources: TransferSource[];
  /** Of an upload. */
  caller: TransferCaller | undefined;
}

/** A holder that a download asks. */
export interface TransferSource {
  /** Empty when only the address of the one that is asked is known. */
  peerId: string;
  /** `HOST:PORT`. */
  address: string;
  path: TransferPath;
  state: 'asked' | 'resting' | 'dropped';
  /** Whether it had only some of the pieces when it was asked first. */
  partial: boolean;
  /** While it has something to bring; undefined: not known. */
  bytesPerSecond: number | undefined;
  verifiedBytes: number;
  networkBytes: number;
  /** How often it was given up for bytes that were wrong. */
  wrongCount: number;
  /** How often it brought nothing for 1.5 s while it was asked, and whether it does so now. */
  stallCount: number;
  isStalled: boolean;
  /** As measured when it connected; undefined: not known. */
  roundTripMs: number | undefined;
  /** Why it was given up last; undefined: it was not. */
  failure: { reason: string; message: string } | undefined;
}

/** Who fetches something from a process. */
export interface TransferCaller {
  /** `HOST:PORT`, as the transport says it. */
  address: string;
  /** As the certificate says it; undefined without one. */
  peerId: string | undefined;
  user: string | undefined;
  /** Undefined: it did not dial, and whether a relay is between is not known. */
  path: TransferPath | undefined;
  openCalls: number;
  /** Which part of the time of late went by with waiting for the upload limit, for the network and the caller, and for the disk; in the rest it wanted nothing. */
  limitShare: number;
  networkShare: number;
  diskShare: number;
}

/** What a process has to do. */
export interface ProcessLoad {
  /** How many processors it keeps busy, of how many. */
  processors: number;
  processorCount: number;
  /** Which part of the time its main thread has something to do, from 0 to 1. */
  mainThreadShare: number;
}
