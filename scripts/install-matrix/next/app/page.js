export default function Page() {
  return <p>lockstep</p>;
}
