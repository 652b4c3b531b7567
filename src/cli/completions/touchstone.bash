# bash completion for touchstone. tests/cli/test_install.py holds it to what --help lists.

_touchstone_options() {
  local common='--threads --seed --quiet --force --json --help'
  local scoring='--num-retrieved --num-neighbors --sigma --fusion --distance --levels --retrieval --image-score'
  local methods='--coreset --pooling --reweight-neighbors --search --dims'
  case $1 in
    fit) echo "--output --model --method --preset --resize --crop --dtype --include --exclude --white-level" \
              "--false-alarm-rate --roi $methods $scoring $common" ;;
    score) echo "--gallery --output --maps --no-maps --no-heatmaps --heatmap-style --gate --fail-above --fail-on" \
                "--roi $scoring $common" ;;
    evaluate) echo "--maps --dataset --ground-truth --resolution --pro-limit --label-by-mask" \
                   "--bootstrap --confidence --schema --threads --seed --quiet --json --help" ;;
    benchmark) echo "--output --methods --ablation --time-limit --keep --model --method --preset --resize --crop --dtype --white-level" \
                    "--resolution --bootstrap --confidence --label-by-mask --false-alarm-rate --roi" \
                    "$methods $scoring $common" ;;
    explain) echo "--gallery --output --roi $scoring $common" ;;
    sample) echo "--size $common" ;;
    'gallery calibrate') echo "--false-alarm-rate --threads --quiet --json --help" ;;
    'gallery suspects') echo "--threads --quiet --json --help" ;;
    gallery | model) echo "--help" ;;
    'gallery '* | 'model '*) echo "--threads --json --help" ;;
    *) echo "--help --version" ;;
  esac
}

_touchstone_commands() {
  case $1 in
    '') echo "fit score evaluate benchmark explain gallery model sample" ;;
    gallery) echo "info list verify calibrate suspects" ;;
    model) echo "info" ;;
  esac
}

_touchstone_values() {
  case $1 in
    --ablation) echo "none levels retrieval k" ;;
    --method) echo "spade patchcore padim" ;;
    --pooling) echo "paper reference" ;;
    --search) echo "exact ivfpq" ;;
    --preset) echo "default paper" ;;
    --dtype) echo "float32 float16" ;;
    --fusion) echo "concat per-level" ;;
    --schema) echo "touchstone mvtec mvtec-loco" ;;
    --distance) echo "l2sq l2" ;;
    --retrieval) echo "nearest random" ;;
    --image-score) echo "map-max retrieval patch-max" ;;
    --heatmap-style) echo "overlay map contour side-by-side" ;;
    --fail-on) echo "anomalous" ;;
    --crop) echo "none" ;;
    --resolution) echo "original" ;;
  esac
}

_touchstone() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ " $(_touchstone_commands "$command") " == *" ${COMP_WORDS[i]} "* ]] || break
    command=${command:+$command }${COMP_WORDS[i]}
  done
  local choices
  choices=$(_touchstone_values "$before")
  [[ -n $choices || $word == -* ]] || choices=$(_touchstone_commands "$command")
  [[ $word != -* ]] || choices=$(_touchstone_options "$command")
  mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$word")
}

# Where nothing of ours fits, names of files do.
complete -o bashdefault -o default -F _touchstone touchstone
