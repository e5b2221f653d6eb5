/** TO BE WRITTEN. */
export default function UserPage({ user }: { user: string }) {
  return user
}
