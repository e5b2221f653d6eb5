/** Shown in place of a page that could not be loaded, or that broke: after an upgrade of the server its old files are gone. */
import { Component, type ReactNode } from 'react'
import { commonText } from '../texts/common_text.ts'
import { ErrorNotice } from './error_notice.tsx'

interface Props {
  /** Another page gets another chance. */
  readonly path: string
  readonly children: ReactNode
}
interface State {
  readonly path: string
  readonly error: unknown
}

export class PageBoundary extends Component<Props, State> {
  override state: State = { path: this.props.path, error: null }

  static getDerivedStateFromError(error: unknown): Partial<State> {
    return { error: error ?? new Error(commonText.broken) }
  }

  static getDerivedStateFromProps({ path }: Props, state: State): State | null {
    return path === state.path ? null : { path, error: null }
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children
    // What the browser says of a file that is missing tells nobody anything.
    return <ErrorNotice error={new Error(commonText.broken)} retry={() => location.reload()} />
  }
}
