package org.fulmar.samples.mdb.beans;

import jakarta.annotation.Resource;
import jakarta.ejb.EJBException;
import jakarta.ejb.Schedule;
import jakarta.ejb.SessionContext;
import jakarta.ejb.Singleton;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSContext;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/**
 * Ships what was ordered, once a second: marks the orders in the database and sends a message for each, in one
 * transaction, which the container begins for each call. Each third time it thinks better of it, and nothing has happened.
 */
@Singleton
public class ShippingBean {
    @Resource(lookup = "java:/jdbc/Orders")
    private DataSource database;

    @Resource(lookup = "java:/fulmar/ConnectionFactory")
    private ConnectionFactory factory;

    @Resource
    private SessionContext session;

    private int calls;

    @Schedule(hour = "*", minute = "*", second = "*", persistent = false)
    void ship() {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                JMSContext context = factory.createContext()) {
            List<String> ids = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery("select id from orders where not shipped for update")) {
                while (rows.next()) {
                    ids.add(rows.getString(1));
                }
            }
            for (String id : ids) {
                context.createProducer().send(context.createQueue("shipments"), id);
                statement.executeUpdate("update orders set shipped = true where id = '" + id + "'");
            }
            if (!ids.isEmpty() && ++calls % 3 == 0) {
                session.setRollbackOnly();
            }
        } catch (SQLException e) {
            throw new EJBException(e);
        }
    }
}
