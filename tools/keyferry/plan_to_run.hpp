#pragma once

#include "planner/plan.hpp"
#include "tools/keyferry/filter_options.hpp"
#include "tools/keyferry/kms_access.hpp"
#include "tools/keyferry/progress_line.hpp"

#include <boost/asio/io_context.hpp>

#include <optional>
#include <string>

namespace keyferry {

/// What a run makes: of the saved plan at `path` the replicas that it says are to be created, if
/// its spec still asks for them; of a fleet spec all that it names. Filtered. Nothing when there is
/// no plan to run, which has been told; `exit_code` is then the command's.
std::optional<Plan> plan_to_run(const std::string& path,
                                bool is_saved,
                                const FilterOptions& filter,
                                int& exit_code);

/// Whether the primaries of `plan`, from the file at `path`, can still be replicated and still have
/// what it copies of them: exit_done, or the command's exit code, the reason having been told. What
/// has been made since is no reason to stop: the run finds it to exist.
int check_primaries(const std::string& path,
                    const Plan& plan,
                    KmsAccess& kms,
                    boost::asio::io_context& io,
                    Clock& clock,
                    ProgressStyle style);

}  // namespace keyferry
