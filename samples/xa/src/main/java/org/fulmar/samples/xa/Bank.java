package org.fulmar.samples.xa;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.TreeMap;
import javax.sql.XAConnection;
import org.apache.derby.jdbc.EmbeddedXADataSource;

/**
 * The database, a Derby one inside this process: two accounts, and a row for each transfer that has left the one and for
 * each that has reached the other. Amounts are in cents. Any thread may use it.
 */
final class Bank implements AutoCloseable {
    /** What is there before the first transfer. */
    static final long MONEY = 1_000_000;

    private static final String NO_SUCH_TABLE = "42X05";
    private static final String SHUT_DOWN = "08006";

    private final Path directory;
    private final EmbeddedXADataSource source;

    /** Makes the database if it is not there. */
    Bank(Path directory) throws SQLException {
        this.directory = directory;
        System.setProperty(
                "derby.stream.error.file", directory.resolve("derby.log").toString());
        source = source();
        source.setCreateDatabase("create");
        XAConnection first = connect();
        try (Connection connection = first.getConnection()) {
            createTables(connection);
        } finally {
            first.close();
        }
    }

    private EmbeddedXADataSource source() {
        EmbeddedXADataSource made = new EmbeddedXADataSource();
        made.setDatabaseName(directory.resolve("bank").toString());
        return made;
    }

    private static void createTables(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            if (!exists(statement)) {
                statement.execute("create table accounts (name varchar(20) primary key, balance bigint not null)");
                statement.execute("create table sent (id int primary key, amount bigint not null)");
                statement.execute("create table received (id int primary key, amount bigint not null)");
                statement.execute("insert into accounts values ('ours', " + MONEY + "), ('theirs', 0)");
            }
        }
        connection.commit();
    }

    private static boolean exists(Statement statement) throws SQLException {
        try {
            statement.executeQuery("select name from accounts").close();
            return true;
        } catch (SQLException e) {
            if (NO_SUCH_TABLE.equals(e.getSQLState())) {
                return false;
            }
            throw e;
        }
    }

    /** A connection that can take part in global transactions, for one thread. */
    XAConnection connect() throws SQLException {
        return source.getXAConnection();
    }

    /** Takes the money of a transfer away from our account. */
    static void debit(Connection connection, int id, long amount) throws SQLException {
        move(connection, "insert into sent values (?, ?)", id, amount, "ours", -amount);
    }

    /** Adds the money of a transfer to their account; fails if it was added before. */
    static void credit(Connection connection, int id, long amount) throws SQLException {
        move(connection, "insert into received values (?, ?)", id, amount, "theirs", amount);
    }

    private static void move(Connection connection, String row, int id, long amount, String account, long change)
            throws SQLException {
        try (PreparedStatement transfer = connection.prepareStatement(row);
                PreparedStatement balance =
                        connection.prepareStatement("update accounts set balance = balance + ? where name = ?")) {
            transfer.setInt(1, id);
            transfer.setLong(2, amount);
            transfer.executeUpdate();
            balance.setLong(1, change);
            balance.setString(2, account);
            balance.executeUpdate();
        }
    }

    static int lastSent(Connection connection) throws SQLException {
        return (int) number(connection, "select coalesce(max(id), 0) from sent");
    }

    static int received(Connection connection) throws SQLException {
        return (int) number(connection, "select count(*) from received");
    }

    /** The transfers in a table, by number. */
    static Map<Integer, Long> transfers(Connection connection, String table) throws SQLException {
        Map<Integer, Long> found = new TreeMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select id, amount from " + table)) {
            while (rows.next()) {
                found.put(rows.getInt(1), rows.getLong(2));
            }
        }
        return found;
    }

    /** The first column of the first row. */
    static long number(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getLong(1);
        }
    }

    /** Nothing else may use the database any more. */
    @Override
    public void close() throws SQLException {
        EmbeddedXADataSource end = source();
        end.setShutdownDatabase("shutdown");
        try {
            end.getConnection().close();
        } catch (SQLException e) {
            if (!SHUT_DOWN.equals(e.getSQLState())) {
                throw e;
            }
        }
    }
}
