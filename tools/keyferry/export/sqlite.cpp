// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/export/sqlite.hpp"

#include "engine/journal/format/text.hpp"
#include "io/file/file_kind.hpp"

#include <boost/algorithm/string/join.hpp>

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <optional>
#include <sqlite3.h>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace keyferry::cli {

namespace {

// The caller creates a temporary file and syncs it at the end, so SQLite's own crash protection is
// not needed.
constexpr const char* kTables = R"(
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE journal(plan_sha256 TEXT, fleet TEXT, partition TEXT, accounts TEXT, jobs INTEGER,
    jobs_without_records INTEGER, simulated INTEGER, tool TEXT, lost_records INTEGER,
    lost_bytes INTEGER, verb TEXT NOT NULL);
CREATE TABLE jobs(job INTEGER PRIMARY KEY, primary_arn TEXT NOT NULL, region TEXT NOT NULL,
    outcome TEXT NOT NULL, attribution TEXT, key_state TEXT, attempts INTEGER, first_sent TEXT,
    last_record TEXT NOT NULL, replica_created REAL, code TEXT, message TEXT, request_id TEXT, action TEXT NOT NULL);
CREATE TABLE runs(run INTEGER PRIMARY KEY, first_record INTEGER NOT NULL, started TEXT NOT NULL,
    ended TEXT, how TEXT, pid INTEGER, host TEXT, boot_id TEXT, version TEXT, caller TEXT,
    torn_bytes INTEGER);
CREATE TABLE records(n INTEGER PRIMARY KEY, t TEXT NOT NULL, ev TEXT NOT NULL, job INTEGER,
    attempt INTEGER, digest TEXT, kms_clock_ahead_ms INTEGER, attribution TEXT, key_state TEXT,
    replica_created REAL, code TEXT, message TEXT, request_id TEXT);
BEGIN;
)";

constexpr const char* kIndexes = R"(
CREATE INDEX jobs_by_outcome ON jobs(outcome, code);
CREATE INDEX jobs_by_region ON jobs(region);
CREATE INDEX records_by_job ON records(job);
COMMIT;
)";

/// A prepared statement. Bind the values in order, then call run().
class Statement {
  public:
    Statement(sqlite3* database, const char* text) : database_(database) {
        check(sqlite3_prepare_v2(database_, text, -1, &statement_, nullptr));
    }
    ~Statement() { sqlite3_finalize(statement_); }
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    Statement& integer(std::int64_t value) {
        check(sqlite3_bind_int64(statement_, ++bound_, value));
        return *this;
    }
    Statement& integer_or_null(std::int64_t value) { return value == 0 ? null() : integer(value); }
    Statement& real(const std::optional<double>& value) {
        if (!value) {
            return null();
        }
        check(sqlite3_bind_double(statement_, ++bound_, *value));
        return *this;
    }
    /// Binds NULL if `value` is empty.
    Statement& text(std::string_view value) {
        if (value.empty()) {
            return null();
        }
        check(sqlite3_bind_text(
            statement_, ++bound_, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT));
        return *this;
    }
    Statement& null() {
        ++bound_;
        return *this;
    }
    void run() {
        const int result = sqlite3_step(statement_);
        sqlite3_reset(statement_);
        sqlite3_clear_bindings(statement_);
        bound_ = 0;
        if (result != SQLITE_DONE) {
            throw std::runtime_error(std::string("SQLite: ") + sqlite3_errmsg(database_));
        }
    }

  private:
    void check(int result) {
        if (result != SQLITE_OK) {
            throw std::runtime_error(std::string("SQLite: ") + sqlite3_errmsg(database_));
        }
    }

    sqlite3* database_;
    sqlite3_stmt* statement_ = nullptr;
    int bound_ = 0;
};

std::string plain(std::string_view escaped) {
    return engine::read_journal_text(escaped).value_or(std::string(escaped));
}

std::string_view event_name(const engine::JournalRecord& record) {
    if (const auto* job = std::get_if<engine::JournalJobRecord>(&record.body)) {
        return name_of(job->event);
    }
    constexpr std::array kNames{std::string_view("(later version)"),
                                std::string_view("open"),
                                std::string_view("access"),
                                std::string_view("run"),
                                std::string_view(),
                                std::string_view("end"),
                                std::string_view("rewritten"),
                                std::string_view("lost"),
                                std::string_view("before")};
    static_assert(kNames.size() == std::variant_size_v<decltype(record.body)>);
    return kNames.at(record.body.index());
}

/// Returns `path` with the symbolic links in its folder resolved, because SQLITE_OPEN_NOFOLLOW
/// rejects those, too.
std::string without_links(const std::string& path) {
    const std::filesystem::path folder = std::filesystem::path(path).parent_path();
    const std::filesystem::path real = std::filesystem::canonical(folder.empty() ? "." : folder);
    return (real / std::filesystem::path(path).filename()).string();
}

}  // namespace

struct JournalSqlite::Database {
    explicit Database(const std::string& path) {
        constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW;
        if (sqlite3_open_v2(without_links(path).c_str(), &handle, kFlags, nullptr) != SQLITE_OK) {
            const std::string problem = handle != nullptr ? sqlite3_errmsg(handle) : "no memory";
            sqlite3_close(handle);
            throw std::runtime_error("SQLite: " + problem);
        }
    }
    ~Database() {
        job.reset();
        record.reset();
        run.reset();
        run_end.reset();
        sqlite3_close(handle);
    }
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    void execute(const char* text) {
        if (sqlite3_exec(handle, text, nullptr, nullptr, nullptr) != SQLITE_OK) {
            throw std::runtime_error(std::string("SQLite: ") + sqlite3_errmsg(handle));
        }
    }
    void prepare(std::optional<Statement>& statement, const char* text) {
        statement.emplace(handle, text);
    }

    sqlite3* handle = nullptr;
    std::optional<Statement> job;
    std::optional<Statement> record;
    std::optional<Statement> run;
    std::optional<Statement> run_end;
    std::int64_t runs = 0;
};

JournalSqlite::JournalSqlite(const std::string& path)
    : database_(std::make_unique<Database>(path)) {
    database_->execute(
        fmt::format("PRAGMA application_id = {};", io::kSqliteApplicationId).c_str());
    database_->execute(kTables);
    database_->prepare(database_->job, "INSERT INTO jobs VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    database_->prepare(database_->record, "INSERT INTO records VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)");
    database_->prepare(database_->run, "INSERT INTO runs VALUES(?,?,?,NULL,NULL,?,?,?,?,?,?)");
    database_->prepare(database_->run_end, "UPDATE runs SET ended=?, how=? WHERE run=?");
}

JournalSqlite::~JournalSqlite() = default;

void JournalSqlite::record(const engine::JournalRecord& record) {
    Statement& statement = *database_->record;
    statement.integer(static_cast<std::int64_t>(record.sequence))
        .text(engine::journal_time(record.time))
        .text(event_name(record));
    if (const auto* job = std::get_if<engine::JournalJobRecord>(&record.body)) {
        statement.integer(job->job).integer_or_null(job->attempt).text(job->digest);
        if (job->kms_clock_ahead) {
            statement.integer(job->kms_clock_ahead->count());
        } else {
            statement.null();
        }
        statement.text(job->attribution ? name_of(*job->attribution) : "")
            .text(plain(job->state))
            .real(job->creation_date_s)
            .text(plain(job->code))
            .text(plain(job->message))
            .text(plain(job->request_id));
    }
    statement.run();
    if (const auto* run = std::get_if<engine::JournalRun>(&record.body)) {
        database_->run->integer(++database_->runs)
            .integer(static_cast<std::int64_t>(record.sequence))
            .text(engine::journal_time(record.time))
            .integer(run->pid)
            .text(run->host)
            .text(run->boot_id)
            .text(run->version)
            .text(run->caller)
            .integer(static_cast<std::int64_t>(run->torn_bytes))
            .run();
    } else if (const auto* end = std::get_if<engine::JournalEnd>(&record.body)) {
        database_->run_end->text(engine::journal_time(record.time))
            .text(plain(end->how))
            .integer(database_->runs)
            .run();
    }
}

void JournalSqlite::job(const engine::JournalJobRow& row) {
    database_->job->integer(row.job)
        .text(row.key)
        .text(row.region)
        .text(name_of(row.phase))
        .text(row.attribution ? name_of(*row.attribution) : "")
        .text(row.key_state)
        .integer_or_null(row.attempts)
        .text(row.first_sent ? engine::journal_time(*row.first_sent) : "")
        .text(engine::journal_time(row.last_record))
        .real(row.creation_date_s)
        .text(row.code)
        .text(row.message)
        .text(row.request_id)
        .text(name_of(row.action))
        .run();
}

void JournalSqlite::finish(const engine::ExportedJournal& exported) {
    const engine::JournalHeader& header = exported.replay.header();
    Statement(database_->handle, "INSERT INTO journal VALUES(?,?,?,?,?,?,?,?,?,?,?)")
        .text(header.plan_sha256)
        .text(header.fleet)
        .text(header.partition)
        .text(boost::algorithm::join(header.accounts, ","))
        .integer(static_cast<std::int64_t>(exported.jobs))
        .integer(static_cast<std::int64_t>(exported.jobs_without_records))
        .integer(header.simulated ? 1 : 0)
        .text(header.tool)
        .integer(static_cast<std::int64_t>(exported.replay.loss().records))
        .integer(static_cast<std::int64_t>(exported.replay.loss().bytes))
        .text(name_of(header.verb))
        .run();
    database_->execute(kIndexes);
}

}  // namespace keyferry::cli
