/** What the programs say of themselves with --help, as manual pages and as completions of bash. */
import { spawnSync } from 'node:child_process';

/** A program or one of its commands. */
export interface Command {
  /** The program, and the words that lead to the command. */
  readonly path: readonly string[];
  /** What --help prints. */
  readonly help: string;
  readonly commands: readonly Command[];
}

/** Asks a program for its help and that of all its commands. @throws when it does not answer */
export function readCommands(executable: string, path: readonly string[]): Command {
  const { status, stdout, stderr } = spawnSync(executable, [...path, '--help'], { encoding: 'utf8', env: {} });
  if (status !== 0) throw new Error(`${path.join(' ')} --help ended with ${status}: ${stderr}`);
  const names = [...sectionOf(stdout, 'Commands').matchAll(/^ {2}([a-z][a-z-]*)/gmu)].map(([, name]) => name ?? '');
  const own = names.filter((name) => name !== 'help');
  return { path, help: stdout, commands: own.map((name) => readCommands(executable, [...path, name])) };
}

function sectionOf(help: string, title: string): string {
  return new RegExp(`^${title}:\\n((?: .*\\n?|\\n(?= ))*)`, 'mu').exec(help)?.[1] ?? '';
}

/** The page of a program, for section 8 of the manual (roff(7)). `date` is YYYY-MM-DD. */
export function manualPage(
  name: string,
  summary: string,
  { program, version, date }: { program: Command; version: string; date: string },
): string {
  const lines = [
    `.TH ${name.toUpperCase()} 8 ${date} "vratny ${version}" "Vratny"`,
    '.SH NAME',
    `${escapeRoff(name)} \\- ${escapeRoff(summary)}`,
    '.SH DESCRIPTION',
    ...verbatim(program.help),
    ...allCommands(program).flatMap(({ path, help }) => [`.SH ${escapeRoff(path.join(' ').toUpperCase())}`, ...verbatim(help)]),
    '.SH SEE ALSO',
    'The documents in /usr/share/doc/vratny.',
  ];
  return `${lines.join('\n')}\n`;
}

function allCommands({ commands }: Command): readonly Command[] {
  return commands.flatMap((one) => [one, ...allCommands(one)]);
}

const verbatim = (text: string): readonly string[] => ['.nf', ...text.trimEnd().split('\n').map(escapeRoff), '.fi'];

function escapeRoff(text: string): string {
  const escaped = text.replace(/\\/gu, '\\e').replace(/-/gu, '\\-');
  return /^[.']/u.test(escaped) ? `\\&${escaped}` : escaped;
}

/** Completions of commands and options (bash(1)), for programs by the name that is typed. */
export function bashCompletion(programs: ReadonlyMap<string, Command>): string {
  const cases = [...programs].flatMap(([typed, program]) =>
    [program, ...allCommands(program)].map((command) => {
      const words = [...command.commands.map(({ path }) => path.at(-1) ?? ''), ...optionsOf(command.help)];
      return `    "${[typed, ...command.path.slice(program.path.length)].join(' ')}") words="${words.join(' ')}" ;;`;
    }),
  );
  return `# Completions of bash for Vratny.
_vratny() {
  local path word words
  path=\${COMP_WORDS[0]##*/}
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in
      -*) ;;
      *) case " $(_vratny_words "$path") " in *" $word "*) path="$path $word" ;; esac ;;
    esac
  done
  case \${COMP_WORDS[COMP_CWORD-1]} in
    --config) COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}")); return ;;
  esac
  COMPREPLY=($(compgen -W "$(_vratny_words "$path")" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
_vratny_words() {
  local words=
  case $1 in
${cases.join('\n')}
  esac
  printf '%s' "$words"
}
complete -o default -F _vratny ${[...programs.keys()].join(' ')}
`;
}

function optionsOf(help: string): readonly string[] {
  return [...new Set([...sectionOf(help, 'Options').matchAll(/(?<![\w-])--[a-z][a-z-]*/gu)].map(([option]) => option))];
}
