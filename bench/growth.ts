/** Growth, measured: see below. */
export async function measureGrowth(_: unknown): Promise<readonly never[]> {
  return []
}
