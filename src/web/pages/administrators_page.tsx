/** TO BE WRITTEN. */
export default function AdministratorsPage() {
  return null
}
