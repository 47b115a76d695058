// Parameters of statements, and rows of results.
#pragma once

#include <boost/mysql/field_view.hpp>
#include <boost/mysql/results.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace confab::mysql {

using blob = std::span<const std::byte>;

// The values of a statement's question marks, in order. Texts and bytes are views: their data must live until the
// statement has run.
class parameters {
public:
    parameters() = default;
    template <class... Values>
    explicit parameters(const Values&... values) {
        fields_.reserve(sizeof...(values));
        (add(values), ...);
    }

    void add(std::int64_t value) { fields_.emplace_back(value); }
    void add(std::uint64_t value) { fields_.emplace_back(value); }
    void add(std::string_view value) { fields_.emplace_back(value); }
    void add(blob value) {
        fields_.emplace_back(
            boost::mysql::blob_view(reinterpret_cast<const unsigned char*>(value.data()), value.size()));
    }
    void add(std::nullptr_t) { fields_.emplace_back(nullptr); }
    template <class T>
    void add(const std::optional<T>& value) {
        value ? add(*value) : add(nullptr);
    }

    std::size_t size() const { return fields_.size(); }
    const auto& fields() const { return fields_; }

private:
    std::vector<boost::mysql::field_view> fields_;
};

// A row of a result, as a view. Columns are counted from 0.
class row {
public:
    explicit row(boost::mysql::row_view view) : view_(view) {}

    std::int64_t integer(std::size_t column) const;
    std::uint64_t number(std::size_t column) const;
    std::string_view text(std::size_t column) const;  // of NULL: empty
    std::optional<std::string> optional_text(std::size_t column) const;
    blob bytes(std::size_t column) const;  // of NULL: empty
    bool is_null(std::size_t column) const { return view_[column].is_null(); }
    // The size of its texts and bytes.
    std::size_t size_in_bytes() const;

private:
    boost::mysql::row_view view_;
};

// A batch of rows, as a view.
class rows_view {
public:
    rows_view() = default;
    explicit rows_view(boost::mysql::rows_view view) : view_(view) {}

    class iterator {
    public:
        explicit iterator(boost::mysql::rows_view::iterator at) : at_(at) {}
        row operator*() const { return row(*at_); }
        iterator& operator++() {
            ++at_;
            return *this;
        }
        bool operator==(const iterator&) const = default;

    private:
        boost::mysql::rows_view::iterator at_;
    };

    iterator begin() const { return iterator(view_.begin()); }
    iterator end() const { return iterator(view_.end()); }
    std::size_t size() const { return view_.size(); }
    bool empty() const { return view_.empty(); }
    row front() const { return row(view_[0]); }

private:
    boost::mysql::rows_view view_;
};

// All rows of a statement's result; of several statements, those of the last.
class rows {
public:
    explicit rows(boost::mysql::results all) : all_(std::move(all)) {}

    rows_view view() const { return rows_view(all_.back().rows()); }
    bool empty() const { return view().empty(); }
    row front() const { return view().front(); }
    auto begin() const { return view().begin(); }
    auto end() const { return view().end(); }

    std::uint64_t affected() const { return all_.back().affected_rows(); }
    std::uint64_t last_insert_id() const { return all_.back().last_insert_id(); }

private:
    boost::mysql::results all_;
};

}  // namespace confab::mysql
