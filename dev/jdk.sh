# Finds JDKs; to be sourced.

# jdk_major HOME: the major version of the Java installation at HOME, or nothing.
jdk_major() {
  local line
  if [[ -r $1/release ]]; then
    while read -r line; do
      if [[ $line == JAVA_VERSION=\"* ]]; then
        line=${line#JAVA_VERSION=\"}
        printf '%s\n' "${line%%[!0-9]*}"
        return
      fi
    done <"$1/release"
  elif [[ -x $1/bin/java ]]; then
    "$1/bin/java" -version 2>&1 | sed -n '1s/.*version "\([0-9]*\).*/\1/p'
  fi
}

# jdk_homes: every Java installation that can be seen, the preferred ones first.
jdk_homes() {
  local java home
  if [[ -n ${JAVA_HOME:-} ]]; then
    printf '%s\n' "$JAVA_HOME"
  fi
  if java=$(command -v java) && java=$(readlink -f "$java"); then
    printf '%s\n' "${java%/bin/java}"
  fi
  for home in /usr/lib/jvm/* "$HOME"/.sdkman/candidates/java/* /Library/Java/JavaVirtualMachines/*/Contents/Home; do
    if [[ -x $home/bin/java ]]; then
      printf '%s\n' "$home"
    fi
  done
}

# jdk_find VERSION [PROGRAM]: the first installation of that major version ("17"), or of that one or a newer
# ("17+"), that has bin/PROGRAM (javac unless told otherwise). Fails when there is none.
jdk_find() {
  local home major
  while read -r home; do
    major=$(jdk_major "$home")
    if [[ -n $major && -x $home/bin/${2:-javac} ]]; then
      if [[ $major == "$1" ]] || { [[ $1 == *+ ]] && ((major >= ${1%+})); }; then
        printf '%s\n' "$home"
        return
      fi
    fi
  done < <(jdk_homes)
  return 1
}
