/** TO BE WRITTEN. */
export default function OverviewPage() {
  return null
}
