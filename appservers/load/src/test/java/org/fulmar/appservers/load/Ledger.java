package org.fulmar.appservers.load;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import javax.sql.XAConnection;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import org.apache.derby.jdbc.EmbeddedXADataSource;

/**
 * The database, a Derby one that one process at a time may use: the server while it runs, and before and after that this
 * one. A row for each message, and one in another table for each delivery of a message that had its row already.
 */
final class Ledger {
    private static final String SHUT_DOWN = "08006";

    private final Path database;

    /**
     * What is there in the end.
     *
     * @param rows of the ledger
     * @param distinct numbers among them
     * @param least 0 if there is none
     * @param greatest 0 if there is none
     * @param twice deliveries of what was there, in words
     * @param inDoubt branches that are prepared
     */
    record Audit(long rows, long distinct, long least, long greatest, List<String> twice, int inDoubt) {}

    /** Makes the database. */
    Ledger(Path directory) throws SQLException {
        this.database = directory.resolve("ledger");
        System.setProperty(
                "derby.stream.error.file", directory.resolve("derby.log").toString());
        EmbeddedXADataSource source = source();
        source.setCreateDatabase("create");
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("create table app.ledger (number int primary key)");
            statement.execute("create table app.twice (number int not null, message varchar(200), deliveries int)");
        }
        release();
    }

    Path database() {
        return database;
    }

    private EmbeddedXADataSource source() {
        EmbeddedXADataSource source = new EmbeddedXADataSource();
        source.setDatabaseName(database.toString());
        return source;
    }

    /** The server must not run. */
    Audit audit() throws SQLException, XAException {
        XAConnection branches = source().getXAConnection();
        try (Connection connection = source().getConnection();
                Statement statement = connection.createStatement()) {
            int inDoubt = branches.getXAResource().recover(XAResource.TMSTARTRSCAN | XAResource.TMENDRSCAN).length;
            // does not wait for what is in doubt
            connection.setTransactionIsolation(Connection.TRANSACTION_READ_UNCOMMITTED);
            List<String> twice = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery("select number, message, deliveries from app.twice")) {
                while (rows.next()) {
                    twice.add(rows.getInt(1) + " in " + rows.getString(2) + ", delivery " + rows.getInt(3));
                }
            }
            try (ResultSet row = statement.executeQuery(
                    "select count(*), count(distinct number), min(number), max(number) from app.ledger")) {
                row.next();
                return new Audit(row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4), twice, inDoubt);
            }
        } finally {
            branches.close();
            release();
        }
    }

    /** Lets another process use it. */
    private void release() throws SQLException {
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
