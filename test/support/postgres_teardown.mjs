export default async function stopPostgres() {
  await globalThis.sallyportPostgres?.stop()
}
