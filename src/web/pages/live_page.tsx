/** TO BE WRITTEN. */
export default function LivePage() {
  return null
}
