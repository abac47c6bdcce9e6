/** Which minute of its day a time is, 0 to 1,439, by the time zone of this machine, which knows of clocks that are set forward and back. */
export function minuteOfDay(time: Date): number {
  return time.getHours() * 60 + time.getMinutes();
}
