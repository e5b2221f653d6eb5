/** A field whose text is asked for while it is typed: not at each letter, and never against what is being typed. */
import { TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useEffect, useRef, useState } from 'react'

const PAUSE_MS = 200

export interface SearchFieldProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly placeholder?: string
  readonly type?: 'search' | 'number'
  readonly className?: string
}

export function SearchField({ label, value, onChange, type = 'search', ...others }: SearchFieldProps) {
  const [text, setText] = useState(value)
  const told = useRef(value)
  const tell = useDebouncedCallback((typed: string) => {
    told.current = typed
    onChange(typed)
  }, PAUSE_MS)
  // Another one than was typed here comes from a link or from going back.
  useEffect(() => {
    if (value === told.current) return
    told.current = value
    setText(value)
  }, [value])
  return (
    <TextInput
      {...others}
      type={type}
      label={label}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value)
        tell(event.currentTarget.value)
      }}
      maxLength={253}
      autoComplete="off"
      autoCapitalize="none"
      spellCheck={false}
    />
  )
}
