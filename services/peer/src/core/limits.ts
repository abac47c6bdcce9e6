/**
 * The bounds of a peer, each with its reason. docs/limits.md lists them for operators.
 */

/** How many files one peer shares; the rest is reported. A table of a million takes some hundred MiB of memory. */
export const maxSharedFiles = 1_000_000;
/** How many folders one peer looks into; the rest is reported. */
export const maxSharedFolders = 250_000;
/** How many folders are watched; the periodic rescan covers the others. The kernel's own bound is often lower. */
export const maxWatchedFolders = 50_000;
/** How many folders are listed, each as one thing; when there are more, those that are least deep. */
export const maxListedFolders = 50_000;
/** How deep below what is shared a folder may be to be listed: its files' digests are told once for each level. */
export const maxFolderDepth = 16;
/** How many bytes the folder manifests take that are being served, or were lately: at least two of the longest. */
export const maxFolderDocumentBytes = 128 * 1024 * 1024;
/** How many skipped paths a scan describes; further ones are only counted, so that a broken disk cannot fill memory. */
export const maxDescribedSkips = 1_000;
/** How many skipped paths a scan writes to the log; a total follows. */
export const maxLoggedSkips = 20;

/** How many downloads stream at once. Each holds a descriptor and two chunks: 160 MiB for all, if every reader stalls. */
export const maxDownloads = 2_048;
/** How many of them go to one caller's address, or certificate without one, so that one that never reads cannot hold every slot. */
export const maxDownloadsPerCaller = 1_536;
/** How many bytes a second of an upload limit a download must have; one more than that has to come back later. */
export const leastBytesPerSecond = 2_048;
/** How many downloads stream at once whatever the upload limit is. */
export const leastLimitedDownloads = 64;
/** How many uploads are known to whoever asks the process: those that nobody fetches at the moment go first. */
export const maxListedUploads = 4_096;
/** How many bytes the id of a transfer may have that is asked for; ours have some twenty. */
export const maxTransferIdBytes = 64;
/** For how long an upload that nobody fetches is still known, in milliseconds. */
export const uploadIdleMs = 10_000;
/** How long it takes at the most until each download has had a turn at an upload limit, in milliseconds. */
export const maxChunkTurnMs = 4_000;
/** Which part of an upload limit is for large requests while small ones wait, too. */
export const largePartOfBytes = 0.25;
/** A request for all the rest of a file, or for several files, is a small one when it is of so many bytes at the most. */
export const smallRequestBytes = 1024 * 1024;
/** How many small requests wait for a lane of theirs at once, … */
export const maxWaitingSmallRequests = 1_024;
/** … how many of one caller's address, … */
export const maxWaitingSmallRequestsPerCaller = 768;
/** … and for how long one has a lane of its own, in milliseconds: one that is read slowly goes on beside them. */
export const smallLaneMs = 5_000;
/** For how long a transfer has an upload slot while others wait, in milliseconds, unless its owner says otherwise, … */
export const defaultUploadTurnMs = 30_000;
/** … and how many bytes it gets then at the most, about. */
export const uploadTurnBytes = 1024 * 1024 * 1024;
/** For how many times as long a transfer is let go on to the end of a piece. Then it is cut, or its slot is free in spite of it. */
export const turnOverrun = 1.5;
/** For how long a transfer that asks for nothing keeps its upload slot, in milliseconds: it may ask for more. */
export const idleSlotMs = 500;
/** How many transfers have a place in the queue for upload slots, … */
export const maxQueuedTransfers = 1_024;
/** … and how many of one caller. */
export const maxQueuedTransfersPerCaller = 768;
/** After how long one that waits is asked to come back at the least, in milliseconds, … */
export const minQueueRetryMs = 200;
/** … at the most when it is among the next ones, … */
export const maxNextRetryMs = 1_000;
/** … and at the most further behind, … */
export const maxQueueRetryMs = 5_000;
/** … or for each of those that wait, when that is less: so that few come often, and many do not ask all the time. */
export const queueRetryMsPerWaiting = 20;
/** For how much longer than twice that its place is kept, in milliseconds. */
export const queueGraceMs = 2_000;
/** How many files one DownloadFiles call asks for at the most. */
export const maxFilesPerDownload = 1_000;
/** How many files are read at once for a DownloadFiles call: each has a descriptor. */
export const maxFilesPerParcel = 64;
/** How many manifests stream at once: the one of a file of 16 TiB takes 32 MiB. */
export const maxManifestStreams = 16;
/** How many callers watch pieces at once. Each costs a few kilobytes and, until it has taken it, one message. */
export const maxPieceWatchers = 1_024;
/** How many of them are of one caller, as above. */
export const maxPieceWatchersPerCaller = 768;
/** How far apart changes of pieces are told at the least, in milliseconds. */
export const minPieceNewsIntervalMs = 50;
/** How many messages about pieces leave in a second, about: with more watchers, changes are told less often. */
export const maxPieceMessagesPerSecond = 2_000;
/** How many changes of a file's pieces are kept for watchers that are behind; further behind, all is told anew. */
export const maxPieceChangesKept = 16;
/** How many ranges of pieces of one kind a message has at the most: some 40 KiB of them. */
export const maxPieceRunsPerMessage = 4_096;
/** How many pieces of each download are told to be under way: the next ones. */
export const maxHintedPiecesPerDownload = 64;
/** How many files a peer shares at once that were not found in its folders. */
export const maxLooseFiles = 10_000;

/** How many bytes the chunks that are being sent take together, about; each download reads another one meanwhile. */
export const chunkBudgetBytes = 16 * 1024 * 1024;
/** The shortest chunk that a download is cut into, in bytes, unless an upload limit asks for shorter ones. */
export const minChunkBytes = 16 * 1024;
/** How long the first chunk of a download is in bytes: nothing is known of its reader yet. */
export const firstChunkBytes = 128 * 1024;
/** A reader that takes a chunk within so many milliseconds gets longer ones… */
export const fastChunkMs = 250;
/** … and one that takes longer than this gets shorter ones. */
export const slowChunkMs = 2_000;
/** How many bytes of unused buffers are kept for the next chunks, for each of the seven sizes that there are. */
export const maxFreeBytesPerSize = 8 * 1024 * 1024;
/** How many piece hashes a message of a manifest carries: 1 MiB of them. */
export const manifestHashesPerMessage = 32_768;
/** How many files a page of ListFiles has when the caller does not say. */
export const defaultPageSize = 100;
/** How many files a page of ListFiles has at the most: about 1.1 MiB when every name is as long as a name may be. */
export const maxPageSize = 1_000;

/**
 * How many entries one message to the index carries: an SQLite index stores them in some 60 ms, in which it answers nobody
 * else. The contract allows 10,000.
 */
export const maxEntriesPerMessage = 2_000;
/** How many messages one Publish call carries, so that renewals find their turn between two calls. */
export const maxMessagesPerPublish = 25;
/** For how long a list must not have changed before the index is told its fingerprint, in milliseconds. */
export const fingerprintDelayMs = 3_000;
/** How long one Publish call may take in milliseconds. */
export const publishTimeoutMs = 30_000;
/** After how long in one the lease is renewed beside it, which also tells whether the index is still there, in milliseconds. */
export const publishDoubtMs = 3_000;
/** How long changes gather before they are sent to the index, in milliseconds. */
export const publishDelayMs = 250;
/** How many bytes a lease secret from an index may have: as many as an index takes. */
export const maxLeaseSecretBytes = 128;
/** After how long a peer that has just started is to be asked again for what it has not found yet, in milliseconds. */
export const notFoundYetMs = 1_000;
/** How long leaving the index may take when the peer stops, in milliseconds. */
export const leaveTimeoutMs = 2_000;

/** How many shared files are noted for downloads on this machine: as many as the catalogue of a user's copies holds. */
export const maxNotedFiles = 200_000;

/** How long a file must have been left alone before it is hashed, in milliseconds: see {@link settleDelayMs}. */
export const settleMs = 1_000;
/** How long hints of changes gather before a rescan, in milliseconds: one save in an editor is several of them. */
export const hintDelayMs = 300;
/** How often the folders are scanned without a hint, in milliseconds: watching is best effort. */
export const defaultRescanIntervalMs = 60_000;
/** A rescan waits this many times as long as the last scan took, so that scanning takes a fifth of the time at most… */
export const rescanRestFactor = 4;
/** … but never longer than this, in milliseconds, since somebody waits for a change to be seen. */
export const maxRescanRestMs = 10_000;
/**
 * A file over this many bytes is hashed in ranges of so many, by all threads at once: 20 ms of work each. A multiple of
 * every usual piece length.
 */
export const largeFileBytes = 32 * 1024 * 1024;
/** How many small files a thread gets at a time: handing over a single one takes longer than hashing it. */
export const maxFilesPerHashTask = 256;
/** How long a thread hashes small files before it hands in what it has, in milliseconds: what a kill may lose. */
export const maxHashTaskMs = 250;
/** How often the pieces of a large file that are hashed are stored, in milliseconds: what a kill may lose. */
export const keepPiecesIntervalMs = 1_000;
/** How often the progress of hashing is reported, in milliseconds. */
export const reportIntervalMs = 100;
/** How often the progress of hashing is written to the log, in milliseconds. */
export const logProgressIntervalMs = 10_000;
/** How long changes of the list gather before they are reported, in milliseconds. */
export const changeReportDelayMs = 300;
/** How long changes of a folder's files gather before its manifest is made anew, in milliseconds. */
export const folderDelayMs = 300;
/** How long that waits at the most for files that are still being hashed, or written to, in milliseconds. */
export const maxFolderWaitMs = 10_000;

/** How many rules of one kind, as users and types, an inbox has. */
export const maxOfferRules = 1_000;
/** How many offers are open at once, each with a call that tells of it. */
export const maxOpenOffers = 256;
/** How many of them are of one caller, as above. */
export const maxOpenOffersPerCaller = 64;
/** How many offers that were accepted are being received at once: each has connections, and room on the disk. */
export const maxReceptions = 16;
/** How many of them are of one sender: a user by the certificate, else an address. */
export const maxReceptionsPerSender = 8;
/** How many of them are folders: the manifest of each, up to 64 MiB, is in memory. */
export const maxFolderReceptions = 4;
/** How many questions whether to accept an offer are open at once; who is asked answers one after the other. */
export const maxQuestions = 8;
/** How long somebody has to answer one, in milliseconds. */
export const questionTimeoutMs = 120_000;
/** How many answers of yes are remembered, so that nobody is asked twice for one thing. */
export const maxApprovals = 1_000;
/** For how long, in milliseconds. */
export const approvalLifetimeMs = 3_600_000;
/** How often the progress of an offer is told at the most, in milliseconds. */
export const offerNewsIntervalMs = 500;
/** After how long something is told when there is nothing new, in milliseconds. */
export const offerIdleMs = 5_000;
/** How many other peers an offer names. */
export const maxOtherPeers = 64;
/** For how long an accepted offer waits for somebody who gives it, in milliseconds. */
export const senderWaitMs = 60_000;
/** For how long what was received is given to those who receive the same, in milliseconds. */
export const passOnMs = 60_000;
/** How many large files of one offer are passed on at once, each with a descriptor: of a folder the last ones. */
export const maxPassedOn = 64;
/** How many small files are passed on at once, those of all offers together; they have no descriptor. */
export const maxPassedFiles = 200_000;
/** How many uploads are open at once: each has a descriptor and one message. */
export const maxUploads = 16;
/** How many of them are of one sender. */
export const maxUploadsPerSender = 8;
/** After how long what is not finished is removed from an inbox, in milliseconds since it last grew: seven days. */
export const unfinishedLifetimeMs = 604_800_000;
/** How many names are tried for what is received where others have its name. */
export const maxNumberedNames = 1_000;
/** How many files and folders of an inbox are counted for its quota; one with more is full. */
export const maxInboxEntries = 200_000;
/** How many connections that came through relays a peer has at once. */
export const maxRelayedConnections = 256;

/** How often a peer that nobody can dial asks which relays there are. */
export const relaysRefreshMs = 60_000;

/** … and when the index does not say. */
export const relaysRetryMs = 5_000;
