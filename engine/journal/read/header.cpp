// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/read/header.hpp"

#include <boost/algorithm/string/join.hpp>

#include <array>
#include <fstream>
#include <set>
#include <unistd.h>
#include <utility>
#include <vector>

namespace keyferry::engine {

JournalHeader journal_header(const planner::Plan& plan, std::string tool, bool simulated) {
    JournalHeader header;
    header.plan_sha256 = plan.sha256;
    header.jobs = plan.jobs.size();
    header.fleet = plan.fleet_name;
    header.tool = std::move(tool);
    header.simulated = simulated;
    std::vector<std::uint64_t> jobs_of_region(plan.regions.size());
    for (const planner::Job& job : plan.jobs) {
        ++jobs_of_region.at(job.region);
    }
    for (std::size_t region = 0; region < plan.regions.size(); ++region) {
        if (header.regions.size() < kJournalHeaderRegionsMax && jobs_of_region[region] > 0) {
            header.regions.emplace_back(plan.regions[region].name(), jobs_of_region[region]);
        }
    }
    std::set<std::string> accounts;
    std::set<std::string> partitions;
    for (const planner::PlannedKey& key : plan.keys) {
        accounts.insert(key.primary.account.digits());
        partitions.emplace(key.primary.region.partition().name);
    }
    header.accounts_total = accounts.size();
    for (const std::string& account : accounts) {
        if (header.accounts.size() < kJournalHeaderAccountsMax) {
            header.accounts.push_back(account);
        }
    }
    header.partition = boost::algorithm::join(partitions, ",");
    return header;
}

std::string principal_of(std::string_view caller_arn) {
    constexpr std::string_view kRoleSession = ":assumed-role/";
    const std::size_t role = caller_arn.find(kRoleSession);
    if (role == std::string_view::npos) {
        return std::string(caller_arn);
    }
    return std::string(caller_arn.substr(0, caller_arn.find('/', role + kRoleSession.size())));
}

JournalRun run_of_this_process(std::string version, std::string caller, std::string filter) {
    JournalRun run;
    run.pid = ::getpid();
    run.version = std::move(version);
    run.caller = std::move(caller);
    run.filter = std::move(filter);
    std::array<char, 256> host{};
    if (::gethostname(host.data(), host.size() - 1) == 0) {
        run.host = host.data();
    }
    // Linux only; empty on other systems and in minimal containers.
    std::ifstream boot_id("/proc/sys/kernel/random/boot_id");
    std::getline(boot_id, run.boot_id);
    return run;
}

}  // namespace keyferry::engine
