# Completion of wifibond for fish.

function __wifibond_names
    if set -q WIFIBOND_NAMES
        $WIFIBOND_NAMES $argv
    else
        /usr/lib/wifibond/names $argv
    end
end

# Whether the word that is written is the one of this number behind the command.
function __wifibond_is
    set -l before (commandline -opc)
    test (count $before) = (math 1 + $argv[1])
    and contains -- "$before[2]" $argv[2..-1]
end

complete -c wifibond -f
complete -c wifibond -n __fish_use_subcommand -a run -d 'the daemon, in the foreground'
complete -c wifibond -n __fish_use_subcommand -a check -d 'is the file right?'
complete -c wifibond -n __fish_use_subcommand -a plan -d 'what would change on this machine'
complete -c wifibond -n __fish_use_subcommand -a status -d 'who carries the traffic, why, since when'
complete -c wifibond -n __fish_use_subcommand -a events -d 'what happened'
complete -c wifibond -n __fish_use_subcommand -a reload -d 'read the file again'
complete -c wifibond -n __fish_use_subcommand -a confirm -d 'the file that reload --confirm took stays'
complete -c wifibond -n __fish_use_subcommand -a report -d 'what wifibond-report.txt says'
complete -c wifibond -n __fish_use_subcommand -a switch -d 'make a member active now'
complete -c wifibond -n __fish_use_subcommand -a member -d 'change one member'
complete -c wifibond -n __fish_use_subcommand -a doctor -d 'what is not as the file has it, and what to do'
complete -c wifibond -n __fish_use_subcommand -a renew -d 'ask for the lease again, now'
complete -c wifibond -n __fish_use_subcommand -a release -d 'give the lease back'
complete -c wifibond -n __fish_use_subcommand -a wait-online -d 'return when the gateway answers'
complete -c wifibond -n __fish_use_subcommand -l help
complete -c wifibond -n __fish_use_subcommand -l version

complete -c wifibond -n '__fish_seen_subcommand_from run' -l config -r -F
complete -c wifibond -n '__fish_seen_subcommand_from check plan' -F
complete -c wifibond -n '__fish_seen_subcommand_from status' -l json -d 'one object'
complete -c wifibond -n '__fish_seen_subcommand_from status' -l watch -d 'again and again'
complete -c wifibond -n '__fish_seen_subcommand_from status' -l metrics -d 'OpenMetrics text'
complete -c wifibond -n '__fish_seen_subcommand_from doctor' -l json -d 'one object'
complete -c wifibond -n '__fish_seen_subcommand_from events' -l json -d 'a list of objects'
complete -c wifibond -n '__fish_seen_subcommand_from events' -s n -x -d 'the newest of this number'
complete -c wifibond -n '__fish_seen_subcommand_from reload' -l confirm -x -d 'seconds until it is taken back'
complete -c wifibond -n '__fish_seen_subcommand_from reload' -l force -d 'it stays, whatever comes of it'
complete -c wifibond -n '__wifibond_is 1 switch member' -a '(__wifibond_names members)'
complete -c wifibond -n '__wifibond_is 2 member' -a 'down up reassociate repair'
complete -c wifibond -n '__wifibond_is 1 renew release' -a '(__wifibond_names links)'
complete -c wifibond -n '__wifibond_is 1 renew release; or __wifibond_is 2 renew release' -a '4 6'
complete -c wifibond -n '__fish_seen_subcommand_from wait-online' -l timeout -x -d seconds
