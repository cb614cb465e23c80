/** What one audit looked at, found and healed. */
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { queries } from '../../api/queries';
import { PageHead } from '../../parts/page-head';
import { Pair, Sheet } from '../../parts/sheet';
import { Failed, Loading } from '../../parts/states';
import { Time } from '../../parts/time';
import { useWords } from '../../words';

const route = getRouteApi('/audit/$id');

export function AuditPage() {
  const { audits } = useWords();
  const { id } = route.useParams();
  const { data, error, refetch } = useQuery(queries.audit(id));
  if (error && !data) return <Failed error={error} retry={() => void refetch()} />;
  if (!data) return <Loading lines={6} />;
  const { findings, healings, rows, finishedAt } = data;
  return (
    <>
      <PageHead
        title={audits.findings(findings.length)}
        lead={
          <>
            {audits.finished} <Time at={finishedAt} />
          </>
        }
      />
      <Sheet title={audits.found}>
        {findings.length === 0 && <p className="quiet">{audits.allWell}</p>}
        <table>
          <tbody>
            {findings.map(({ check, id: row, detail }) => (
              <tr key={`${check} ${row} ${detail}`}>
                <td>{check}</td>
                <td>
                  <code>{row}</code>
                </td>
                <td>{detail}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Sheet>
      <Pair>
        <Sheet title={audits.looked}>
          <table>
            <tbody>
              {Object.entries(rows).map(([kind, count]) => (
                <tr key={kind}>
                  <td>{kind}</td>
                  <td className="num">{count}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Sheet>
        <Sheet title={audits.healed}>
          <table>
            <tbody>
              {healings.map(({ what, id: row }) => (
                <tr key={`${what} ${row}`}>
                  <td>{what}</td>
                  <td>
                    <code>{row}</code>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Sheet>
      </Pair>
    </>
  );
}
