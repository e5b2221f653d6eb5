/** What we use of des.js, which has no types of its own. */
declare module 'des.js' {
  interface Options {
    readonly type: 'encrypt' | 'decrypt'
    readonly key: Uint8Array
    readonly padding: boolean
  }
  interface Cipher {
    update(input: Uint8Array): number[]
  }
  const des: { readonly DES: { create(options: Options): Cipher } }
  export default des
}
