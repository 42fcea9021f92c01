package org.fulmar.samples.mdb;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** The database of the order service while no server has it open. */
final class Database {
    private final String url;

    Database(Path directory) {
        // what is committed is on the disk
        this.url = "jdbc:h2:file:" + directory.resolve("orders") + ";WRITE_DELAY=0";
    }

    String url() {
        return url;
    }

    void create() throws SQLException {
        try (Connection connection = DriverManager.getConnection(url, "sa", "");
                Statement statement = connection.createStatement()) {
            statement.execute("create table orders (id varchar(40) primary key, item varchar(40), "
                    + "amount int check (amount > 0), shipped boolean default false)");
            statement.execute("create table ledger (id varchar(40) primary key)");
        }
    }

    int count(String rows) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url, "sa", "");
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("select count(*) from " + rows)) {
            result.next();
            return result.getInt(1);
        }
    }
}
