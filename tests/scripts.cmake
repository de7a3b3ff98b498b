# SPDX-License-Identifier: Apache-2.0
# The tests that are scripts. keyferry behaves the same in every build, so its behavior is tested
# in the release build. Builds with sanitizers only detect memory errors, so they run a few scripts
# that exercise most of the code, and omit the AWS clients, the browser and the benchmarks.

# keyferry_script(<name> <script under tests/> [SANITIZED] [MAY_SKIP] [COST <seconds>]
#                 [ARGUMENTS ...])
# SANITIZED: also in builds with sanitizers. MAY_SKIP: exit code 77 means that a tool is missing.
# COST: estimated seconds; ctest starts the tests with the highest cost first, so that the last
# tests are short. ARGUMENTS: passed to the script.
function(keyferry_script name script)
    cmake_parse_arguments(PARSE_ARGV 2 script "SANITIZED;MAY_SKIP" "COST" "ARGUMENTS")
    if(KEYFERRY_SANITIZE AND NOT script_SANITIZED)
        return()
    endif()
    add_test(NAME ${name} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/${script} ${script_ARGUMENTS})
    if(script_MAY_SKIP)
        set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77)
    endif()
    if(script_COST)
        set_tests_properties(${name} PROPERTIES COST ${script_COST})
    endif()
endfunction()

# keyferry_command_test(<name> <script under tests/> ...): the same, but the first argument of the
# script is the command to test.
function(keyferry_command_test name script)
    cmake_parse_arguments(PARSE_ARGV 2 command_test "" "" "ARGUMENTS")
    keyferry_script(${name} ${script} ${command_test_UNPARSED_ARGUMENTS}
                    ARGUMENTS $<TARGET_FILE:keyferry> ${command_test_ARGUMENTS})
endfunction()

# The rules that compilers do not check, and tests that show that each check can fail.
keyferry_script(check ../tools/check MAY_SKIP COST 30)
keyferry_script(check_can_fail checks/check_test.py)
keyferry_script(rooms_check_can_fail checks/rooms_test.py)
keyferry_script(slow_checks_can_fail checks/slow_checks_test.py)
keyferry_script(instructions_can_fail checks/instructions_test.py)

# The AWS CLI against the simulator, and comparisons of keyferry with it: the order of credential
# sources, and how the configuration files are read (with recorded results if it is not installed).
keyferry_command_test(aws_cli aws_cli/aws_cli_test.py MAY_SKIP COST 25)
keyferry_command_test(credentials_order aws_cli/credentials_order_test.py MAY_SKIP COST 7)
keyferry_command_test(config_files aws_cli/config_files_test.py COST 6)

# AWS's libraries for Python and JavaScript.
keyferry_command_test(boto3 aws_clients/boto3_test.py MAY_SKIP COST 6)
keyferry_command_test(boto3_cryptography aws_clients/boto3_cryptography_test.py MAY_SKIP COST 6)
keyferry_command_test(authorization aws_clients/authorization_test.py MAY_SKIP COST 6)
keyferry_command_test(authorization_by_keyferry aws_clients/authorization_by_keyferry_test.py MAY_SKIP COST 3)
keyferry_command_test(aws_sdk_node aws_clients/node_test.py MAY_SKIP)

# Compares the samples in README.md and the manual with the real output.
keyferry_command_test(documents documents/samples_test.py COST 25)

# The command as it is used in practice, over sockets.
keyferry_command_test(command command/command_test.py SANITIZED COST 15)
keyferry_command_test(route command/route_test.py SANITIZED)
keyferry_command_test(preflight command/preflight_test.py COST 12)
keyferry_command_test(outages command/outages_test.py COST 45)
keyferry_command_test(responses command/responses_test.py COST 18)
keyferry_command_test(simulate command/simulate_test.py SANITIZED)
keyferry_command_test(simulate_time command/simulate_time_test.py COST 10)
keyferry_command_test(simulate_state command/simulate_state_test.py SANITIZED COST 6)
keyferry_command_test(spec_commands command/spec_commands_test.py)
keyferry_command_test(fleet_schema command/fleet_schema_test.py MAY_SKIP COST 6)
keyferry_command_test(filter command/filter_test.py)
keyferry_command_test(hostile_specs command/hostile_specs_test.py COST 7)
keyferry_command_test(plan_forms command/plan_forms_test.py)
keyferry_command_test(moved_primaries command/moved_primaries_test.py COST 10)
keyferry_command_test(reruns command/reruns_test.py)
keyferry_command_test(saved_plans command/saved_plans_test.py)
keyferry_command_test(outputs command/outputs_test.py COST 60)
keyferry_command_test(json_output command/json_output_test.py COST 12)
keyferry_command_test(selected_keys command/selected_keys_test.py COST 45)
keyferry_command_test(drift command/drift_test.py)
keyferry_command_test(check_command command/check_test.py COST 20)
keyferry_command_test(sync command/sync_test.py SANITIZED COST 15)
keyferry_command_test(examples command/examples_test.py)
keyferry_command_test(copied_contents command/copied_contents_test.py COST 10)
keyferry_command_test(journal_commands command/journal_commands_test.py SANITIZED COST 20)
keyferry_command_test(journal_export command/journal_export_test.py)
keyferry_command_test(credentials command/credentials_test.py SANITIZED COST 10)
keyferry_command_test(accounts command/accounts_test.py COST 10)
keyferry_command_test(stop_signals command/stop_signals_test.py SANITIZED COST 10)
keyferry_command_test(canary command/canary_test.py COST 20)

# Worlds drawn from seeds, and the hourly script of the manual while a fleet changes. Only some
# seeds and hours are run here; see the scripts for all of them.
keyferry_command_test(worlds worlds/worlds.py COST 8 ARGUMENTS --seeds 1..1)
keyferry_command_test(hourly worlds/hourly.py COST 5 ARGUMENTS --seeds 1..1 --hours 6)

# The HTML report in a browser.
keyferry_command_test(report_html report_html/report_html_test.py MAY_SKIP COST 25)

# Kills and disk errors at the system calls on the journal. Only some of the cases are run here;
# when run manually, the scripts run all of them.
keyferry_command_test(faults_kill_at_every_call faults/kill_at_every_call.py MAY_SKIP COST 11 ARGUMENTS --share 15)
keyferry_command_test(faults_random_kills faults/random_kills.py MAY_SKIP COST 4 ARGUMENTS --share 8)
keyferry_command_test(faults_disk_errors faults/disk_errors.py MAY_SKIP COST 17 ARGUMENTS --share 10)
keyferry_command_test(faults_full_disk faults/full_disk.py MAY_SKIP COST 10)
keyferry_command_test(faults_hung_disk faults/hung_disk.py MAY_SKIP COST 15 ARGUMENTS --share 25)
keyferry_command_test(faults_held_journal faults/held_journal.py MAY_SKIP ARGUMENTS --share 20)
keyferry_command_test(faults_rewrites_cut_short faults/rewrites_cut_short.py MAY_SKIP COST 4 ARGUMENTS --share 20)
keyferry_command_test(faults_simulator_state faults/simulator_state_kills.py MAY_SKIP COST 5 ARGUMENTS --share 25)
