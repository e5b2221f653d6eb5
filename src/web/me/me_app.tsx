/** TO BE WRITTEN. */
export default function MeApp() {
  return null
}
