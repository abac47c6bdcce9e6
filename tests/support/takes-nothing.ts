/** The methods with which a TransferService of the tests takes what is sent to it: this one takes nothing. */
export const takesNothing = {
  async *offer(): AsyncGenerator<never, void, undefined> {},
  upload: async (): Promise<object> => ({}),
  getUpload: async (): Promise<object> => ({}),
};
