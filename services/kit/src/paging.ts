/** Pages of answers alone: `@cardume/service-kit/paging`. It loads no gRPC. */
export { checkPageSize, type PageSizes } from './core/paging/page-size.ts';
export { readPageToken, writePageToken } from './core/paging/page-token.ts';
