/** Ends what postgres_setup.mjs started. */
export default async function stopPostgres() {
  await globalThis.stopSallyportPostgres?.()
}
