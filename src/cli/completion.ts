/** Completion scripts: thin ones, that ask `sallyport __complete` what may stand at the cursor. */
import { usageError } from './exit_status.ts'

const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `# sallyport completion for bash. Load it with: source <(sallyport completion bash)
_sallyport() {
  local IFS=$'\\n'
  COMPREPLY=($("\${COMP_WORDS[0]}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
}
complete -o default -F _sallyport sallyport`,

  zsh: `#compdef sallyport
# sallyport completion for zsh. Load it with: source <(sallyport completion zsh)
_sallyport() {
  local -a described
  local line
  while IFS= read -r line; do
    described+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done < <("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#described} )); then _describe 'sallyport' described; else _files; fi
}
compdef _sallyport sallyport`,

  fish: `# sallyport completion for fish. Load it with: sallyport completion fish | source
function __sallyport_complete
    set -l words (commandline -opc)
    $words[1] __complete -- $words[2..] (commandline -ct) 2>/dev/null
end
complete -c sallyport -f -a '(__sallyport_complete)'
complete -c sallyport -l config -l input -r -F`,
}

export const SHELLS = Object.keys(SCRIPTS)

/** Lines of the script. Throws CliError for a shell that has none. */
export function completionScript(shell: string): readonly string[] {
  const script = SCRIPTS[shell]
  if (script === undefined)
    throw usageError(`there is no completion for ${shell}`, `there is for ${SHELLS.join(', ')}`)
  return script.split('\n')
}
