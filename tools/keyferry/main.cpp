// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/commands/commands.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/output.hpp"
#include "tools/keyferry/terminal/version.hpp"

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <sys/resource.h>

namespace keyferry::cli {

namespace {

constexpr const char* kFooter = R"(Exit codes:
  0    all as planned            5    work left that a rerun would finish
  1    error                     6    credentials missing or refused, access denied
  2    work to do (plan --detailed-exitcode)
  3    usage or fleet spec       74   the journal could not be written or read
  4    some jobs failed          130  interrupted; a rerun resumes

Start with 'keyferry plan FLEET.toml', rehearse with 'keyferry run FLEET.toml --simulate'.)";

/// Secrets are in this process's memory, so it leaves no core file and cannot be attached to by
/// others of the same user. KEYFERRY_ALLOW_CORE=1 switches that off for debugging.
void forbid_core_files() {
    const char* allowed = std::getenv("KEYFERRY_ALLOW_CORE");
    if (allowed != nullptr && std::string_view(allowed) == "1") {
        return;
    }
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::prctl(PR_SET_DUMPABLE, 0);
}

/// The first option that is given an empty value, as `--csv=`, which CLI11 takes for one without
/// a value, or for one whose value comes next. Empty: there is none.
std::string_view option_of_nothing(int argc, char** argv) {
    for (int index = 1; index < argc && std::string_view(argv[index]) != "--"; ++index) {
        const std::string_view argument(argv[index]);
        if (argument.starts_with("--") && argument.find('=') == argument.size() - 1) {
            return argument;
        }
    }
    return {};
}

int parse_and_run(int argc, char** argv) {
    if (const std::string_view option = option_of_nothing(argc, argv); !option.empty()) {
        log_message(std::string(option) + " has no value");
        return exit_usage;
    }
    CLI::App app("keyferry replicates AWS KMS multi-Region keys across Regions, in bulk.");
    app.name("keyferry");
    app.footer(kFooter);
    app.set_version_flag("--version", kToolVersion);
    app.require_subcommand(1);
    app.option_defaults()->always_capture_default(false);
    CommandBody body;
    add_validate_command(app, body);
    add_schema_command(app, body);
    add_plan_command(app, body);
    add_show_command(app, body);
    add_permissions_command(app, body);
    add_run_command(app, body);
    add_sync_command(app, body);
    add_whoami_command(app, body);
    add_status_command(app, body);
    add_journal_command(app, body);
    add_simulate_command(app, body);
    try {
        app.parse(argc, argv);
        return body();
    } catch (const CLI::ParseError& error) {
        const int code = app.exit(error);
        return code == 0 ? exit_done : exit_usage;
    }
}

}  // namespace

}  // namespace keyferry::cli

int main(int argc, char** argv) {
    keyferry::cli::forbid_core_files();
    // A reader that goes away shows as a failed write, which is reported.
    std::signal(SIGPIPE, SIG_IGN);
    // A journal beyond `ulimit -f` shows as EFBIG.
    std::signal(SIGXFSZ, SIG_IGN);
    try {
        return keyferry::cli::parse_and_run(argc, argv);
    } catch (const std::exception& error) {
        keyferry::cli::log_message(error.what());
        return keyferry::cli::exit_error;
    }
}
