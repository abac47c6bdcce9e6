import type { CatalogQuotas } from './catalog.ts';

/** How many peers may hold a lease at once. Ten times the largest network that is tested, and still a small table. */
export const maxPeers = 100_000;

/** How many files one peer may list. A folder with more is better shared in parts: its peer scans it at every start. */
export const maxFilesPerPeer = 1_000_000;

/**
 * How many entries the lists of all peers may have together. At 40 bytes each where others list the file, and 700 where nobody does,
 * it bounds the database at some 7 GiB, whoever joins.
 */
export const maxHoldings = 10_000_000;

/** How many bytes a lease secret may have; ours have 43. */
export const maxSecretBytes = 128;

/** How many bytes a query may have; half of the longest name. */
export const maxQueryBytes = 512;

/** How many queries one Lookup may have: half a MiB of them when each is as long as it may be. */
export const maxLookupQueries = 1_000;

/** How many hits one query of a Lookup has at the most: enough to see that a name is several files. */
export const maxLookupHits = 100;

/**
 * How many bytes the names, hosts, digests and ids of a Lookup's hits may have together; it ends early before it has more.
 * With all else, the message then has some 3 MiB, of the 4 that clients take.
 */
export const maxLookupBytes = 2 * 1024 * 1024;

/** For how many milliseconds a Lookup looks up; then it ends early. Names that many files have can take that long. */
export const maxLookupMs = 1_000;

/** How many renewals a second one index asks for, about: beyond, peers are told to renew less often, down to once in three fifths of a lease. */
export const maxRenewalsPerSecond = 2_000;

/** How many searches and lookups of one caller go on at once; further ones wait for their turn. */
export const maxSearchesPerCaller = 16;

/** How many joins and publications of one peer, by its certificate, go on at once; further ones wait for their turn. */
export const maxWritesPerPeer = 2;

/** How many words a query may have; each one costs a look at every candidate. */
export const maxQueryWords = 16;

/** How many bytes an extension to filter by may have. */
export const maxExtensionBytes = 32;

/** How many files are ranked for one query, those of the first lookups first: to find and sort that many takes ten milliseconds. */
export const maxRankedFiles = 1_250;

/** How many threads search an SQLite database at the most: one for each processor but one. More would wait for the same memory. */
export const maxSearchThreads = 4;

/**
 * How many names, or files with the digest, are looked at for one query. Only a query that no index helps with, such as
 * two letters within a name, comes near it.
 */
export const maxExaminedNames = 200_000;

/**
 * How many lists that are for some users only are searched for one of them; of more, those that joined first. Else whoever
 * shares with somebody from very many peers would make each of his searches a long one.
 */
export const maxListsForUser = 1_000;

/** How many entries of such lists are taken for one query: each file of four that hold it, of as many files as are ranked. */
export const maxEntriesFound = 5_000;

/** How many other queries are suggested for one that finds nothing. */
export const maxSuggestions = 5;

/**
 * For how many milliseconds suggestions are looked for after a search that found nothing; what there is by then is given. It is a
 * few, unless the index is busy, or the words have parts that very many names have.
 */
export const maxSuggestMs = 250;

/** How many UTF-16 units of a folded name are searched. Only names made of ligatures such as U+FDFA fold to more. */
export const maxFoldedLength = 1_024;

/** How many hits or peers a page has when the caller does not say. */
export const defaultPageSize = 50;

/** How many hits or peers a page has at the most; larger requests get this many. */
export const maxPageSize = 500;

/**
 * How many bytes the names, hosts, digests and ids of a page of hits may have together; a page ends early before it has
 * more. Clients take messages of 4 MiB. One hit has at most 17 KiB of them, and so always fits.
 */
export const maxPageBytes = 1024 * 1024;

/** How many holders a hit names. A download asks few peers at once, and the next search names others. */
export const maxHoldersPerHit = 50;

/** How many reports of wrong bytes are kept: each is of one caller about one peer. */
export const maxReports = 100_000;

/** How many peers one caller reports at once; more would be few callers ranking a whole network. */
export const maxReportsPerCaller = 1_000;

/** How many callers are counted who report one peer: it is named last with fewer already. */
export const maxReportsPerPeer = 100;

/** For how many milliseconds a report lasts: a peer whose disk was repaired is named first again. */
export const reportLifetimeMs = 3_600_000;

/** The bounds that a catalog keeps. */
export const usualQuotas: CatalogQuotas = {
  maxPeers,
  maxFilesPerPeer,
  maxHoldings,
  maxReports,
  maxReportsPerCaller,
  maxReportsPerPeer,
};

/** The bounds of a lease in milliseconds: shorter ones are mostly renewals, longer ones keep the dead listed. */
export const minLeaseTtlMs = 1_000;
export const maxLeaseTtlMs = 3_600_000;

/** How long a lease lasts in milliseconds unless the operator says otherwise. */
export const defaultLeaseTtlMs = 30_000;

/** How many peers are dialled back at once; each dial costs a socket and whatever the other end makes of it. */
export const maxDialBacks = 32;

/** How long a peer may take to answer when it is dialled back, in milliseconds. Join waits for it. */
export const dialBackTimeoutMs = 2_000;

/** How many names are looked up at once; further ones wait for their turn. */
export const maxNameLookUps = 2;

/** How many addresses a name may lead to for its peer to be dialled back. */
export const maxDialledAddresses = 8;

/**
 * How often the index dials in vain in a minute: for one peer by its certificate, for one place that callers are seen at, at one
 * address, and in all. So many at once, and then as many again over the minute; a peer that answers as itself costs none.
 */
export const maxFailedDialsPerPeer = 20;
export const maxFailedDialsPerPlace = 60;
export const maxFailedDialsPerTarget = 60;
export const maxFailedDials = 1_000;
export const dialBudgetWindowMs = 60_000;

/** How many peers, places and addresses are remembered for that, of each. */
export const maxDialBudgetKeys = 10_000;

/** How many networks of peers an operator may give. */
export const maxPeerNetworks = 64;

/** How many bytes a list's fingerprint may have; a SHA-512 fits. */
export const maxFingerprintBytes = 64;

/** For how many milliseconds the list of a lease that ended is kept when it has a fingerprint: a machine starts anew in less. */
export const listKeptMs = 300_000;

/** How many entries one change of a list tells of: a message of some 1.2 MB when their names are as long as they may be. */
export const maxEntriesPerChange = 1_000;

/** For how many milliseconds changes are kept for those who watch. */
export const changeLifetimeMs = 3_600_000;

/** How many characters the changes that are kept have together, about; the oldest go first. */
export const maxChangeLogLength = 64 * 1024 * 1024;

/** How many characters of changes are read at once, at least one change; and how many changes. */
export const changePageLength = 1024 * 1024;
export const changePageSize = 256;

/** After how many milliseconds without a change a watcher hears that the stream lives. */
export const watchIdleMs = 15_000;

/** How many streams of Watch there are at once, and of one caller. */
export const maxWatchers = 1_000;
export const maxWatchersPerCaller = 16;

/** How many bytes a certificate signing request may have before it is read; ours have some 200. */
export const maxSigningRequestBytes = 8_192;

/** How many parts of ASN.1 one may have. */
export const maxSigningRequestParts = 256;

/** The shortest lifetime of a certificate, without the ten minutes before it is issued. */
export const minCertificateLifetimeMs = 60_000;

/** The longest lifetime of a certificate: for as long as this it outlives a revocation where nobody hears of that. */
export const maxCertificateLifetimeMs = 168 * 3_600_000;

/** How many names and addresses the operator may give for the certificate of the index. */
export const maxIndexHosts = 32;

/** How many keys an authority may have had: each is a certificate in what the index shows at first contact. */
export const maxAuthorityKeys = 16;

/** How many wrong tokens may come from one place in a minute before it has to wait, and how many places are remembered. */
export const maxFailedAttempts = 20;
export const maxFailedCallers = 10_000;
export const failedAttemptsWindowMs = 60_000;

/**
 * How many certificates one user gets by a token in a minute, all of them at once if he likes, unless the operator says otherwise: a
 * fleet that starts together, and each `cardume get` or `send`, which has a key of its own for as long as it lasts. One takes two
 * milliseconds of a processor to verify and sign, and its connection some more.
 */
export const maxEnrolmentsPerUser = 1_000;

/** How many one peer gets by its certificate in that time. It needs one when half of the time of the one before has gone, 30 s at the least. */
export const maxCertificateRenewalsPerPeer = 100;

/** In how many milliseconds both come back. */
export const enrolmentWindowMs = 60_000;

/** After how many milliseconds one that has to wait is to come again: with a new connection, so not too soon. */
export const enrolmentRetryMs = 3_000;

/** How many users, and how many peers, are remembered for that; of more, those that came last. */
export const maxEnrolmentKeys = 10_000;

/** How often it is looked at who was revoked, in milliseconds: another replica may have done it. */
export const revocationRefreshMs = 1_000;

/** How many audiences and rules for roles an operator may give. */
export const maxOidcAudiences = 8;
export const maxOidcRules = 256;

/** How many bytes each of the two documents of an issuer may have, its settings and its keys; those of large ones have some 10 KiB. */
export const maxIssuerDocumentBytes = 262_144;

/** How long an issuer may take for both of them, in milliseconds: less than callers wait. */
export const issuerTimeoutMs = 5_000;

/** For how many milliseconds the keys of an issuer are taken for current. */
export const issuerKeysLifetimeMs = 600_000;

/** How often an issuer is asked within a minute at the most, whatever tokens come and whether it answers. */
export const maxIssuerFetches = 6;
export const issuerFetchWindowMs = 60_000;

/** How many peers may be asked for by their ids in one ListPeers. */
export const maxAskedPeers = 100;
/** How often a relay that stands alone asks the index who was revoked. */
export const revocationsRefreshMs = 10_000;
