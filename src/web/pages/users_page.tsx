/** TO BE WRITTEN. */
export default function UsersPage() {
  return null
}
