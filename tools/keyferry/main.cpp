// SPDX-License-Identifier: Apache-2.0
#include "io/identity/child_process.hpp"
#include "tools/keyferry/command_line/command_line.hpp"
#include "tools/keyferry/commands/commands.hpp"
#include "tools/keyferry/terminal/command_error.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/output.hpp"
#include "tools/keyferry/terminal/stop_signals.hpp"
#include "tools/keyferry/terminal/version.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <sys/resource.h>

namespace keyferry::cli {

namespace {

std::string footer() {
    std::string text = "Exit codes:\n";
    for (const ExitCodeMeaning& each : kExitCodeMeanings) {
        text += fmt::format("  {:<3}  {}\n", static_cast<int>(each.code), each.meaning);
    }
    return text +
           "\nStart with 'keyferry plan FLEET.toml', then rehearse with 'keyferry run FLEET.toml "
           "--simulate'.";
}

/// Disables core files and prevents other processes of the same user from attaching, because the
/// memory contains secrets. KEYFERRY_ALLOW_CORE=1 allows both for debugging.
void forbid_core_files() {
    const char* allowed = std::getenv("KEYFERRY_ALLOW_CORE");
    if (allowed != nullptr && std::string_view(allowed) == "1") {
        return;
    }
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::prctl(PR_SET_DUMPABLE, 0);
}

/// Opens descriptors 0 to 2 if the caller has closed them. Otherwise, the first files and sockets
/// would get these numbers and receive the output. Reads and writes fail as on a closed descriptor.
void fill_standard_descriptors() {
    for (int descriptor = 0; descriptor <= 2; ++descriptor) {
        if (::fcntl(descriptor, F_GETFD) < 0) {
            static_cast<void>(::open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY));
        }
    }
}

int run(int argc, char** argv) {
    CommandLine line("keyferry", "Replicates AWS KMS multi-Region keys across Regions in bulk.");
    if (log_style() == LogStyle::json) {
        line.on_usage_error([](const std::string& text) { log_error(text); });
    }
    line.footer(footer());
    line.version(kToolVersion);
    add_all_commands(line);
    for (const char* name : {"apply", "replicate", "create", "execute"}) {
        line.suggest("run", name);
    }
    for (const char* name : {"diff", "preview", "dry-run", "dryrun", "drift"}) {
        line.suggest("plan", name);
    }
    for (const char* name : {"lint", "verify"}) {
        line.suggest("validate", name);
    }
    for (const char* name : {"undo", "rollback", "update"}) {
        line.suggest("sync", name);
    }
    for (const char* name : {"report", "list", "progress"}) {
        line.suggest("status", name);
    }
    return line.run(argc, argv, exit_usage);
}

/// Serves stop signals even before the static objects of the program are constructed. Otherwise, a
/// signal at the very start would end it without its exit code and JSON object. glibc passes
/// the arguments of main().
[[gnu::constructor(101)]] void serve_stop_signals_early(int argc, char** argv) {
    fill_standard_descriptors();
    set_log_style(log_style_of(argc, argv));
    try {
        serve_stop_signals(io::kill_running_programs);
    } catch (const std::exception&) {
        // main() tries it again and reports the error
    }
}

}  // namespace

}  // namespace keyferry::cli

int main(int argc, char** argv) {
    // Makes writing to a closed pipe fail with EPIPE, which is reported.
    std::signal(SIGPIPE, SIG_IGN);
    // Makes writing a journal beyond `ulimit -f` fail with EFBIG.
    std::signal(SIGXFSZ, SIG_IGN);
    // Makes the exit status of a credential_process readable, regardless of the inherited setting.
    std::signal(SIGCHLD, SIG_DFL);
    int exit_code = keyferry::cli::exit_error;
    try {
        keyferry::cli::serve_stop_signals(keyferry::io::kill_running_programs);
        keyferry::cli::forbid_core_files();
        exit_code = keyferry::cli::run(argc, argv);
    } catch (const keyferry::cli::CommandError& error) {
        keyferry::cli::log_error(error);
        exit_code = error.exit_code();
    } catch (const std::exception& error) {
        keyferry::cli::log_error(error.what());
    }
    keyferry::cli::finish_output(exit_code);
    return exit_code;
}
