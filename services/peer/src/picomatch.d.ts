// picomatch has no types of its own; this is the part that is used here.
declare module 'picomatch' {
  export default function picomatch(glob: string, options?: { dot?: boolean }): (text: string) => boolean;
}
