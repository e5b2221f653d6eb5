/** TO BE WRITTEN. */
export default function ClientsPage() {
  return null
}
